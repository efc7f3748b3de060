"""Stretches of time that pages offer, each with the equally long one before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NAMES = ("days_30", "month", "last_month", "days_90", "year", "all")


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to before `end` (UTC; None is open), and where the period to compare with begins and ends."""

    name: str
    start: datetime | None
    end: datetime | None
    before_start: datetime | None
    before_end: datetime | None


def period(name: str, now: datetime) -> Period:
    """The period of that name as seen at `now`; ends lie on midnights (UTC), so that caches and links stay good.

    A period that still runs is compared with the same number of days of the one before.
    """
    tomorrow = midnight(now) + timedelta(days=1)
    if name in ("days_30", "days_90"):
        days = timedelta(days=int(name.removeprefix("days_")))
        return Period(name, tomorrow - days, tomorrow, tomorrow - 2 * days, tomorrow - days)
    month = midnight(now).replace(day=1)
    if name == "month":
        before = _month_before(month)
        return Period(name, month, tomorrow, before, min(before + (tomorrow - month), month))
    if name == "last_month":
        start = _month_before(month)
        return Period(name, start, month, _month_before(start), start)
    if name == "year":
        year = month.replace(month=1)
        before = year.replace(year=year.year - 1)
        return Period(name, year, tomorrow, before, before + (tomorrow - year))
    return Period("all", None, None, None, None)


def midnight(when: datetime) -> datetime:
    """The beginning of that day, in UTC."""
    return when.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def bucket(start: datetime | None, end: datetime | None) -> str:
    """`day`, `week` or `month`: what keeps a chart of that length at some dozens of bars."""
    if start is None or end is None or end - start > timedelta(days=400):
        return "month"
    return "week" if end - start > timedelta(days=93) else "day"


def _month_before(month: datetime) -> datetime:
    return (month - timedelta(days=1)).replace(day=1)
