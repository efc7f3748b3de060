"""Runs under another factor set: what is multiplied in bulk is what accounting gives run by run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, insert, select, update

from joulebook.ledger.accounting.factors import Contract, Factor, Factors, HourlySeries
from joulebook.ledger.accounting.figures import RunFigures
from joulebook.ledger.accounting.observations import RunUse
from joulebook.ledger.accounting.run_account import account_run
from joulebook.ledger.factor_sets import current_factors
from joulebook.ledger.store import Ledger, open_ledger
from joulebook.ledger.store import bulk_reaccounting as bulk
from joulebook.ledger.store.accounts import keep_factors
from joulebook.ledger.store.reaccounting import _reaccount_some, reaccount
from joulebook.ledger.store.rollups import refresh_rollups
from joulebook.ledger.store.tables import dirty_days, rollups, run_devices, run_hosts, run_zones, runs
from joulebook.meters.settings import Settings

START = 1_735_689_600.0  # 2025-01-01
YEAR_S = 365 * 86_400.0
ZONES = ("KOR", "USA", "USA-CA", "FRA", "WLD", "ZZZ")
KINDS = ("grid", "grid-direct", "water", "price")


def _base() -> Factors:
    """Today's set, of a few places, years and devices only."""
    today = current_factors(Settings())
    table = {key: factor for key, factor in today.table.items() if _is_wanted(*key.split("/"))}
    return replace(today, table=table, cpu_tdp_w={})


def _is_wanted(kind: str, what: str = "", year: str = "2024") -> bool:
    if kind.startswith("embodied-"):
        return what in {"any", "NVIDIA H100 SXM5 80GB"}
    return kind not in KINDS or (what in ZONES and (not year.isdigit() or int(year) > 2020))


BASE = _base()
EDITABLE = sorted(key for key in BASE.table if key.split("/")[0] in {*KINDS, "pue", "wue", "scc", "full_stack"})
ADDED = ("gpu_hour", "residual/KOR", "price", "embodied/server_kg")
amounts = st.just(0.0) | st.floats(1e-3, 1e9)
scales = st.tuples(st.just(0.0) | st.floats(1e-3, 3), st.floats(0.1, 1), st.floats(1, 3))
sets = st.fixed_dictionaries(
    {
        "edits": st.dictionaries(st.sampled_from(EDITABLE), scales, max_size=6),
        "added": st.dictionaries(st.sampled_from(ADDED), st.floats(0.01, 500), max_size=2),
        "contracts": st.sampled_from(((), ("KOR",), ("USA-CA", "FRA"))),
        "hourly": st.booleans(),
        "memory_model": st.sampled_from(("used", "used", "used", "allotted")),
    }
)


def _made(drawn: dict[str, Any]) -> Factors:
    """The base with some numbers changed, rows that are new, contracts and series."""
    table = dict(BASE.table)
    for key, (scale, low, high) in drawn["edits"].items():
        value = table[key].value * (scale or float(key == "pue"))  # nothing runs on no energy at all
        table[key] = replace(table[key], value=value, low=value * low, high=value * high)
    for key, value in drawn["added"].items():
        table[key] = Factor(key, value, value * 0.9, value * 1.2, "unit", "declared", "v", "s")
    series = HourlySeries("FRA", START + 40 * 86_400, (80.0,) * 2000, "average", "life cycle", "s")
    return replace(
        BASE,
        table=table,
        contracts=tuple(_contract(zone) for zone in drawn["contracts"]),
        hourly=(series,) if drawn["hourly"] else (),
        memory_model=drawn["memory_model"],
    )


def _contract(zone: str) -> Contract:
    return Contract("contract", zone, START, START + YEAR_S, 20.0, share=0.6, name="wind", hourly_kwh=(5.0,) * 500)


@st.composite
def run_of(draw: st.DrawFn) -> dict[str, Any]:
    """Hosts with their zones and GPUs, and what the run declared."""
    host = st.tuples(st.sampled_from(ZONES), st.booleans(), st.lists(st.none() | amounts, max_size=3))
    keys = st.sampled_from(("pue", "wue_l_per_kwh", "price_usd_per_kwh"))
    return {
        "hosts": draw(st.lists(host, max_size=3)),
        "start": draw(st.floats(START - YEAR_S, START + 2 * YEAR_S)),
        "seconds": draw(st.just(0.0) | st.floats(1e-3, 1e6)),
        "declared": draw(st.dictionaries(keys, st.floats(1, 3), max_size=2)),
        "share": draw(st.sampled_from(((1.0, "whole"), (0.4, "process"), (0.5, "time")))),
    }


def _rows(number: int, drawn: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    run_id, start, seconds = f"r{number}", drawn["start"], drawn["seconds"]
    share, how = drawn["share"]
    run = {
        "run_id": run_id, "top_level": True, "dirty": 0, "revision": 0, "status": "finished", "started_at": start,
        "ended_at": start + seconds if number % 2 else None, "duration_s": seconds, "hosts": len(drawn["hosts"]),
        "day": int(start // 86_400), "month": int(start // 86_400), "warnings": 0,
        "details": {"declared": drawn["declared"], "hours": [], "counts": {}, "warnings": []},
    }  # fmt: skip
    hosts, devices = [], []
    for i, (zone, assumed, gpus) in enumerate(drawn["hosts"]):
        boot = f"boot-{i}"
        place = {"run_id": run_id, "boot_id": boot, "host": f"h{i}"}
        window = {"from_b": 0.0, "to_b": seconds, "windows": [[0.0, seconds]]}
        use = {"host": f"h{i}", "boot_id": boot, "duration_s": seconds, "threads": 8, "tree_cpu_s": seconds,
               "machine_busy_s": 2 * seconds, "tree_rss_byte_s": 1e9 * seconds, "memory_bytes": 16e9}  # fmt: skip
        hosts.append({**place, **window, "zone": zone, "zone_how": "flag", "zone_assumed": assumed, "use": use})
        for j, energy in enumerate(gpus):
            joules = {"energy_j": energy, "low_j": energy and energy * 0.9, "high_j": energy and energy * 1.3}
            devices.append(
                {**place, **window, **joules, "device_id": f"{run_id}-{i}-{j}", "name": "H100", "component": "gpu",
                 "source": "nvml", "method": "measured", "coverage": 1.0, "share": share, "share_how": how,
                 "reserved": False}
            )  # fmt: skip
    return {"runs": [run], "run_hosts": hosts, "run_devices": devices}


def _filled(connection: Connection, drawn: list[dict[str, Any]], factors: Factors) -> None:
    for table in (run_zones, run_hosts, run_devices, runs, rollups, dirty_days):
        connection.execute(delete(table))
    keep_factors(connection, factors)
    for number, one in enumerate(drawn):
        rows = _rows(number, one)
        for table in (runs, run_hosts, run_devices):
            if rows[table.name]:
                connection.execute(insert(table), rows[table.name])
    _reaccount_some(connection, [f"r{number}" for number in range(len(drawn))], factors)
    refresh_rollups(connection)


def _table(connection: Connection, table: Any, without: set[str]) -> pd.DataFrame:
    keys = [column for column in table.columns if column.name not in {"rollup_no", "revision", *without}]
    rows = connection.execute(select(*keys).order_by(*keys[:4])).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=[column.name for column in keys])


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """One ledger for all examples."""
    if request.param == "sqlite":
        ledger = open_ledger(str(tmp_path_factory.mktemp("books") / "ledger.sqlite"))
    else:
        import psycopg

        server = request.getfixturevalue("postgres")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE reaccounting")
        ledger = open_ledger(server.replace("/postgres?", "/reaccounting?"))
    yield ledger
    ledger.close()


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.lists(run_of(), min_size=1, max_size=6), before=sets, after=sets)
def test_in_bulk_and_one_by_one_give_the_same_books(
    books: Ledger, drawn: list[dict[str, Any]], before: dict[str, Any], after: dict[str, Any]
) -> None:
    old, new = _made(before), _made(after)
    with books.writing() as connection:
        _filled(connection, drawn, old)
    assert reaccount(books, new) == 0
    with books.writing() as connection:
        refresh_rollups(connection)
        found = {table.name: _table(connection, table, set()) for table in (runs, run_zones, rollups)}
        _reaccount_some(connection, [f"r{number}" for number in range(len(drawn))], new)
        refresh_rollups(connection)
        for table in (runs, run_zones, rollups):
            expected = _table(connection, table, set())
            pd.testing.assert_frame_equal(found[table.name], expected, rtol=1e-9, atol=1e-300, check_exact=False)


def test_what_only_needs_multiplying_is_never_looked_at_one_by_one(
    books: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = [
        {"hosts": [(zone, False, [3.6e6])], "start": START, "seconds": 100.0, "declared": {}, "share": (1.0, "whole")}
        for zone in ("KOR", "USA", "FRA", "KOR", "USA")
    ]
    with books.writing() as connection:
        _filled(connection, drawn, BASE)
    looked_at: list[str] = []
    monkeypatch.setattr(bulk, "_AT_ONCE", 2)
    monkeypatch.setattr(
        "joulebook.ledger.store.reaccounting._reaccount_some",
        lambda connection, ids, factors: looked_at.extend(ids) or _reaccount_some(connection, ids, factors),
    )
    cleaner = replace(BASE, table=BASE.table | {"pue": replace(BASE.table["pue"], value=1.2)})
    assert reaccount(books, cleaner) == 0
    assert looked_at == []
    with_wind = replace(cleaner, contracts=(_contract("KOR"),))
    assert reaccount(books, with_wind) == 0
    assert sorted(looked_at) == ["r0", "r3"]
    with books.reading() as connection:
        query = select(func.count(runs.c.run_id)).where(runs.c.factor_hash == with_wind.content_hash)
        assert connection.execute(query).scalar() == 5


def test_without_time_the_newest_are_brought_over_all_the_same(books: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"hosts": [("KOR", False, [3.6e6])], "seconds": 9.0, "declared": {}, "share": (1.0, "whole")}
    with books.writing() as connection:
        _filled(connection, [{**one, "start": START + i} for i in range(5)], BASE)
    monkeypatch.setattr("joulebook.ledger.store.reaccounting._CHUNK", 2)
    windy = replace(BASE, contracts=(_contract("KOR"),))
    assert [reaccount(books, windy, budget_s=-1.0) for _ in range(3)] == [3, 1, 0]
    with books.reading() as connection:
        assert set(connection.execute(select(runs.c.factor_hash)).scalars()) == {windy.content_hash}


def test_a_run_that_fails_keeps_no_other_back(books: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"start": START, "seconds": 9.0, "declared": {}, "share": (1.0, "whole")}
    with books.writing() as connection:
        _filled(connection, [{**one, "hosts": [(zone, False, [3.6e6])]} for zone in ("KOR", "USA", "FRA")], BASE)

    def account(run: RunUse, factors: Factors) -> RunFigures:
        if run.run_id == "r1":
            raise ValueError("a figure must be finite")
        return account_run(run, factors)

    monkeypatch.setattr("joulebook.ledger.store.reaccounting.account_run", account)
    other = _made({"edits": {}, "added": {"embodied/server_kg": 500.0}, "contracts": (), "hourly": False,
                   "memory_model": "used"})  # fmt: skip
    assert reaccount(books, other) == 1
    with books.reading() as connection:
        hashes = dict(connection.execute(select(runs.c.run_id, runs.c.factor_hash)).all())
    assert hashes == {"r0": other.content_hash, "r1": BASE.content_hash, "r2": other.content_hash}


def test_runs_on_a_set_that_is_not_kept_are_looked_at_one_by_one(books: Ledger) -> None:
    drawn = [
        {"hosts": [("KOR", False, [3.6e6])], "start": START, "seconds": 9.0, "declared": {}, "share": (1.0, "whole")}
    ]
    with books.writing() as connection:
        _filled(connection, drawn, BASE)
        connection.execute(update(runs).values(factor_hash="of another version", emissions_g=1.0))
    assert reaccount(books, BASE) == 0
    with books.reading() as connection:
        row = connection.execute(select(runs.c.emissions_g, runs.c.facility_energy_j)).one()
    intensity = BASE.intensity("KOR", 2025)
    assert intensity is not None
    assert row[0] == pytest.approx(row[1] / 3.6e6 * intensity.value, rel=1e-12)
