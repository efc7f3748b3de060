"""What another set makes of the books: the sums of what each run's account says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from joulebook.ledger import factor_effect
from joulebook.ledger.accounting.factors import Contract, Factors, HourlySeries
from joulebook.ledger.accounting.run_account import account_run
from joulebook.ledger.factor_sets import current_factors
from joulebook.ledger.importers.records import ImportedDevice, ImportedRun
from joulebook.ledger.store import Ledger, open_ledger
from joulebook.ledger.store.imports import insert_imported
from joulebook.ledger.store.observing import run_use
from joulebook.ledger.store.reaccounting import load_uses
from joulebook.meters.settings import Settings

START = 1_760_000_400.0
TODAY = current_factors(Settings())
CONTRACT = Contract("certificate", "KOR", START - 1e6, START + 1e6, 0.0, share=0.5)
SERIES = HourlySeries("FRA", START - START % 3600 - 3600, (40.0,) * 10, "average", "life cycle", "s")
SETS = {
    "pue": replace(TODAY, table=TODAY.table | {"pue": replace(TODAY.table["pue"], value=1.2)}),
    "contract": replace(TODAY, contracts=(CONTRACT,)),
    "series": replace(TODAY, hourly=(SERIES,)),
    "memory": replace(TODAY, memory_model="allotted"),
}
ZONES = ("KOR", "FRA", "USA", None)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    path: Path = tmp_path_factory.mktemp("effect") / "ledger.sqlite"
    ledger = open_ledger(str(path))
    runs = [
        ImportedRun(
            "codecarbon", zone or "nowhere", 2, START, 3600.0, zone=zone, threads=8, memory_bytes=64e9,
            devices=(ImportedDevice("gpu", "NVIDIA H100", 1e6 * (i + 1), "measured"), ImportedDevice("cpu", "c", 2e5)),
        )
        for i, zone in enumerate(ZONES)
    ]  # fmt: skip
    insert_imported(ledger, runs)
    return ledger


def _sums(books: Ledger, factors: Factors) -> dict[str, list[float]]:
    with books.reading() as connection:
        ids = list(connection.exec_driver_sql("SELECT run_id FROM runs").scalars())
        uses = [run_use(*rows) for rows in load_uses(connection, ids)]
    every = [account_run(use, factors) for use in uses]
    return {
        name: [sum(getattr(getattr(one, name), end) for one in every) for end in ("value", "low", "high")]
        for name in factor_effect.LINEAR
    }


@pytest.mark.parametrize("name", list(SETS))
def test_totals_under_both_sets_are_the_sums_of_all_accounts(books: Ledger, name: str) -> None:
    found = factor_effect.effect(books, TODAY, SETS[name])
    assert (found.n, found.n_apart, found.energies_stay) == (4, 0, True)
    for figures, factors in ((found.old, TODAY), (found.new, SETS[name])):
        ends = {key: figure and [figure.value, figure.low, figure.high] for key, figure in figures.items()}
        assert ends == {key: pytest.approx(three, rel=1e-9) for key, three in _sums(books, factors).items()}


def test_of_too_many_it_is_said_how_many_are_left_out(books: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factor_effect, "MOST_ALONE", 0)
    found = factor_effect.effect(books, TODAY, SETS["contract"])
    assert (found.n, found.n_apart) == (3, 1)
    assert not factor_effect.effect(books, TODAY, SETS["memory"]).energies_stay
