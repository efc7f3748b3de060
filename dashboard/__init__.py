"""The app: a thin Streamlit shell over the ledger."""
