"""The shell: closed unless the server listens on this machine alone, then navigation and the chosen page.

Started by `joulebook dashboard`, or by `streamlit run dashboard/app.py`. Pages are scripts in `views/`.
"""

from __future__ import annotations

import streamlit as st

from joulebook.dashboard import access
from joulebook.dashboard.components.language_links import language_links
from joulebook.dashboard.components.states import error_state
from joulebook.dashboard.components.stylesheet import stylesheet
from joulebook.dashboard.escape import plain
from joulebook.dashboard.mark import icon, wordmark
from joulebook.dashboard.navigation import pages
from joulebook.dashboard.palette import current_palette
from joulebook.dashboard.texts import keep_language, t

keep_language()
st.set_page_config(page_title=t("app.name"), page_icon=icon(), layout="wide")


def user_errors() -> tuple[type[Exception], ...]:
    """Errors that a person can mend: shown as one clear line instead of a traceback."""
    from joulebook.ledger.errors import LedgerError
    from joulebook.meters.errors import MeterError
    from joulebook.reference_data.errors import ReferenceDataError

    return (LedgerError, MeterError, ReferenceDataError)


def refuse(address: str | None) -> None:
    """Say why nothing is shown, and stop."""
    st.title(t("access.title"), anchor=False)
    st.error(t("access.why", address=plain(address or t("access.everywhere"))))
    st.markdown(t("access.todo"))
    st.stop()


def sign_in() -> None:
    """Ask who this is, where sign-in is set up; nothing else is shown until it is known."""
    if not st.user.is_logged_in:
        st.title(t("app.name"), anchor=False)
        st.button(t("access.sign_in"), on_click=st.login, type="primary")
        st.stop()


listens_on = st.get_option("server.address")
with_sign_in = access.sign_in_configured()
if not access.may_serve(listens_on, sign_in=with_sign_in):
    refuse(listens_on)
if with_sign_in:
    sign_in()

palette = current_palette()
stylesheet(palette)
st.logo(wordmark(t("app.name"), palette), size="medium")
page = st.navigation(pages())
language_links()
try:
    page.run()
except user_errors() as error:
    error_state(str(error))
