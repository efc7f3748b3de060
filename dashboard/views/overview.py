"""Overview (being built)."""

import streamlit as st

from joulebook.dashboard import format as fmt
from joulebook.dashboard.components.headline import Headline, headlines
from joulebook.dashboard.components.page import answer, footer, header
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.figure import Figure

with header(t("nav.overview")):
    st.selectbox("x", ["this month"], label_visibility="collapsed", width=150)
answer("In November, 42 runs used **118 kWh** (97 to 141): 49 kg CO₂e and 16 USD; 71 % of it was measured.")
f = Figure(118 * 3.6e6, 97 * 3.6e6, 141 * 3.6e6, "sampled", "facility", "2026-11", 0.71)
headlines([Headline(str(i), "Energy", f, "energy", note="facility", change="12 % less") for i in range(5)])
footer(boundary="facility", location="KOR", factors="2026-11", ledger="local", revision=3, version="0.1")
