"""Hourly grid intensity from a provider, asked for by name and by hand; nothing else here ever uses the network.

Each answer is kept, so that the same time is never asked for twice. Average and marginal series go to different files
and are never mixed: a marginal one (WattTime) enters no total.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from joulebook.ledger.errors import LedgerError

G_PER_KWH_PER_LB_PER_MWH = 0.45359237
_TRIES, _FIRST_WAIT_S, _TIMEOUT_S = 4, 1.0, 30.0

Get = Callable[[str, Mapping[str, str]], bytes]
Point = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Provider:
    """Who gives a series, and what it is.

    Attributes:
        days: Longest time of one request.
        token: What it wants to be asked with: nothing, a key, or `name:password`.
    """

    name: str
    kind: Literal["average", "marginal"]
    basis: str
    days: int
    token: str | None
    ask: Callable[[Get, str, datetime, datetime, str], Any]
    read: Callable[[Any], Iterable[Point]]


def _uk_ask(get: Get, _zone: str, start: datetime, end: datetime, _token: str) -> Any:
    times = "/".join(moment.strftime("%Y-%m-%dT%H:%MZ") for moment in (start, end))
    return json.loads(get(f"https://api.carbonintensity.org.uk/intensity/{times}", {}))


def _uk_read(answer: Any) -> Iterable[Point]:
    for half_hour in answer["data"]:
        value = half_hour["intensity"]["actual"]
        if value is not None:
            yield datetime.fromisoformat(half_hour["from"]), float(value)


def _maps_ask(get: Get, zone: str, start: datetime, end: datetime, token: str) -> Any:
    asked = {"zone": zone, "start": start.isoformat(), "end": end.isoformat(), "emissionFactorType": "lifecycle"}
    address = f"https://api.electricitymaps.com/v3/carbon-intensity/past-range?{urllib.parse.urlencode(asked)}"
    return json.loads(get(address, {"auth-token": token}))


def _maps_read(answer: Any) -> Iterable[Point]:
    for hour in answer["data"]:
        if hour["carbonIntensity"] is not None:
            yield datetime.fromisoformat(hour["datetime"]), float(hour["carbonIntensity"])


def _watttime_ask(get: Get, zone: str, start: datetime, end: datetime, token: str) -> Any:
    basic = base64.b64encode(token.encode()).decode()
    login = json.loads(get("https://api.watttime.org/login", {"Authorization": f"Basic {basic}"}))
    asked = {"region": zone, "start": start.isoformat(), "end": end.isoformat(), "signal_type": "co2_moer"}
    address = f"https://api.watttime.org/v3/historical?{urllib.parse.urlencode(asked)}"
    return json.loads(get(address, {"Authorization": f"Bearer {login['token']}"}))


def _watttime_read(answer: Any) -> Iterable[Point]:
    for point in answer["data"]:
        yield datetime.fromisoformat(point["point_time"]), float(point["value"]) * G_PER_KWH_PER_LB_PER_MWH


PROVIDERS = {
    provider.name: provider
    for provider in (
        Provider("uk-carbon-intensity", "average", "direct", 14, None, _uk_ask, _uk_read),
        Provider("electricity-maps", "average", "life cycle", 10, "key", _maps_ask, _maps_read),
        Provider("watttime", "marginal", "direct", 30, "name:password", _watttime_ask, _watttime_read),
    )
}


def fetch(
    provider: Provider,
    zone: str,
    start: datetime,
    end: datetime,
    *,
    cache: Path,
    token: str = "",
    get: Get | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Point]:
    """Readings of a zone over a time, oldest first; what was asked before comes from the cache.

    Args:
        provider: Of `PROVIDERS`.
        zone: In the provider's own names (`KR`, `CAISO_NORTH`); the UK has one.
        start: With a time zone.
        end: After it.
        cache: Folder of answers.
        token: What the provider wants to be asked with; it is never written down.
        get: For tests; the network by default.
        sleep: For tests.

    Raises:
        LedgerError: No token, no answer after four tries, or an answer that can't be understood.
    """
    if provider.token and not token:
        raise LedgerError(f"{provider.name} wants a token ({provider.token}); set JOULEBOOK_GRID_TOKEN")
    points: dict[datetime, float] = {}
    moment = start
    while moment < end:
        until = min(end, moment + timedelta(days=provider.days))
        name = hashlib.sha256(f"{provider.name} {zone} {moment} {until}".encode()).hexdigest()[:24]
        ask = _asking(provider, zone, moment, until, token=token, get=get or _get, sleep=sleep)
        points |= _understood(provider, _cached(cache / f"{name}.json", ask, until))
        moment = until
    return sorted((moment.astimezone(UTC), value) for moment, value in points.items())


def _asking(
    provider: Provider,
    zone: str,
    start: datetime,
    end: datetime,
    *,
    token: str,
    get: Get,
    sleep: Callable[[float], None],
) -> Callable[[], Any]:
    """A request that is tried again, with longer and longer waits."""

    def ask() -> Any:
        for tried in range(_TRIES):
            try:
                return provider.ask(get, zone, start, end, token)
            except (urllib.error.URLError, TimeoutError, OSError) as error:
                told = f"{error.code} {error.reason}" if isinstance(error, urllib.error.HTTPError) else str(error)
                refused = isinstance(error, urllib.error.HTTPError) and error.code in (400, 401, 403, 404)
                if refused or tried == _TRIES - 1:
                    raise LedgerError(f"{provider.name} gave no answer for {zone} ({told})") from None
            except (ValueError, KeyError) as error:
                raise LedgerError(f"{provider.name} answered what can't be understood ({error!r})") from None
            sleep(_FIRST_WAIT_S * 2**tried)
        return None

    return ask


def _cached(path: Path, ask: Callable[[], Any], until: datetime) -> Any:
    """The kept answer, else a new one; kept only where the time asked for is over, as figures still change before."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        answer = ask()
    if until < datetime.now(UTC) - timedelta(days=2):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(answer), encoding="utf-8")
    return answer


def _understood(provider: Provider, answer: Any) -> dict[datetime, float]:
    try:
        return dict(provider.read(answer))
    except (KeyError, TypeError, ValueError) as error:
        raise LedgerError(f"{provider.name} answered what can't be understood ({error!r})") from None


def write_series(points: Iterable[Point], path: Path) -> int:
    """The plain form that `[[hourly]]` of the settings takes: time, g/kWh; returns the number of readings."""
    lines = [f"{moment.isoformat()},{value:.6g}" for moment, value in points]
    if not lines:
        raise LedgerError("the provider has no readings for this zone and time, so nothing was written")
    path.write_text("\n".join(["time,intensity_g_per_kwh", *lines, ""]), encoding="utf-8")
    return len(lines)


def _get(address: str, headers: Mapping[str, str]) -> bytes:
    request = urllib.request.Request(address, headers={**headers, "User-Agent": "joulebook"})  # noqa: S310  (https only)
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
        content: bytes = answer.read()
    return content
