"""Secrets out of recorded command lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

MASK = "***"
_LONGEST = 200
_SENSITIVE = r"(?:token|secret|passw(?:or)?d|passphrase|credential|api[-_]?key|access[-_]?key|private[-_]?key|auth)"
_SECRET_NAME = re.compile(rf"(?i)^-{{0,2}}[\w.-]*{_SENSITIVE}[\w.-]*$|^-{{0,2}}(?:[\w.-]*[-_.])?(?:key|pat|pwd)$")
_KNOWN_TOKEN = re.compile(
    r"(?:hf_|sk-|sk_|pk_|rk_|gh[opsur]_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|AIza|ya29\.|eyJ)[\w.\-+/=]{8,}"
)
_LONG_RANDOM = re.compile(r"^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+_=-]{32,}$")
_URL_LOGIN = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*(?=@)")
_QUERY = re.compile(rf"(?i)([?&][\w.-]*{_SENSITIVE}[\w.-]*=)[^&\s]+")


def masked(command: Sequence[str]) -> list[str]:
    """A command line that may be recorded: what looks like a password, key or token becomes `***`."""
    out: list[str] = []
    hide_next = False
    for argument in command[:_LONGEST]:
        if hide_next and not argument.startswith("--"):
            out.append(MASK)
            hide_next = False
            continue
        name, equals, value = argument.partition("=")
        if equals and _SECRET_NAME.match(name.strip()):
            out.append(f"{name}={MASK}" if value else argument)
            continue
        hide_next = not equals and argument.startswith("-") and bool(_SECRET_NAME.match(argument))
        out.append(_masked_value(argument))
    return out


def _masked_value(argument: str) -> str:
    if _LONG_RANDOM.match(argument):
        return MASK
    text = _URL_LOGIN.sub(MASK, _KNOWN_TOKEN.sub(MASK, argument))
    text = re.sub(rf"(?i)([\w.-]*{_SENSITIVE}[\w.-]*\s*[=:]\s*)[^\s'\"]+", rf"\1{MASK}", text)
    return _QUERY.sub(rf"\1{MASK}", text)[:2000]
