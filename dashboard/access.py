"""Closed by default: content is served to this machine alone, unless sign-in is set up."""

from __future__ import annotations

import ipaddress


def is_loopback(address: str | None) -> bool:
    """Whether a server on this address can be reached from this machine alone. None means every interface."""
    if not address:
        return False
    if address == "localhost" or address.startswith("unix:"):
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def may_serve(address: str | None, *, sign_in: bool) -> bool:
    """Whether pages may be shown on this address: on loopback always, elsewhere only behind sign-in."""
    return is_loopback(address) or sign_in


def sign_in_configured() -> bool:
    """Whether `secrets.toml` has an `[auth]` section (OpenID Connect), the only sign-in we trust."""
    import streamlit as st

    try:
        return "auth" in st.secrets
    except FileNotFoundError:  # no secrets file at all
        return False
