"""Providers of hourly intensity, on recorded forms of their answers; no test uses the network."""

import json
import urllib.error
from datetime import UTC, datetime

import pytest

from joulebook.ledger.errors import LedgerError
from joulebook.ledger.grid_providers import PROVIDERS, fetch, write_series
from joulebook.ledger.hourly_files import read_hourly

START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 2, tzinfo=UTC)
UK = {"data": [{"from": f"2026-03-01T0{h}:{m}Z", "intensity": {"forecast": 1, "actual": v}} for h, m, v in
               ((0, "00", 100), (0, "30", 140), (1, "00", None), (1, "30", 90))]}  # fmt: skip
MAPS = {"data": [{"datetime": f"2026-03-01T0{h}:00:00.000Z", "carbonIntensity": 400 + h} for h in (0, 1)]}
WATTTIME = {"data": [{"point_time": "2026-03-01T00:00:00+00:00", "value": 1000.0}]}


def answering(*answers):
    """A `get` that gives these answers in turn, and a list of what was asked."""
    asked, left = [], list(answers)

    def get(address, headers):
        asked.append((address, dict(headers)))
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return json.dumps(answer).encode()

    return get, asked


def test_the_uk_needs_no_token_and_halves_are_averaged(tmp_path):
    get, asked = answering(UK)
    points = fetch(PROVIDERS["uk-carbon-intensity"], "GBR", START, END, cache=tmp_path, get=get)
    assert [value for _, value in points] == [100.0, 140.0, 90.0]
    assert asked[0][0].endswith("/intensity/2026-03-01T00:00Z/2026-03-01T02:00Z")
    path = tmp_path / "gb.csv"
    assert write_series(points, path) == 3
    series = read_hourly(path, zone="GBR", kind="average", basis="direct")
    assert series.intensity_g_per_kwh == (120.0, 90.0)
    # Asked again, it comes from the cache.
    fetch(PROVIDERS["uk-carbon-intensity"], "GBR", START, END, cache=tmp_path, get=get)
    assert len(asked) == 1


def test_electricity_maps_with_a_token_that_is_not_kept(tmp_path):
    get, asked = answering(urllib.error.URLError("down"), urllib.error.URLError("down"), MAPS)
    waits = []
    points = fetch(
        PROVIDERS["electricity-maps"], "KR", START, END, cache=tmp_path, token="s3cret", get=get, sleep=waits.append
    )
    assert [value for _, value in points] == [400.0, 401.0]
    assert waits == [1.0, 2.0]
    assert asked[0][1] == {"auth-token": "s3cret"}
    assert not any("s3cret" in path.read_text() for path in tmp_path.iterdir())
    with pytest.raises(LedgerError, match="JOULEBOOK_GRID_TOKEN"):
        fetch(PROVIDERS["electricity-maps"], "KR", START, END, cache=tmp_path, get=get)


def test_watttime_is_marginal_in_grams(tmp_path):
    get, asked = answering({"token": "t"}, WATTTIME)
    provider = PROVIDERS["watttime"]
    ((_, value),) = fetch(provider, "CAISO_NORTH", START, END, cache=tmp_path, token="me:pw", get=get)
    assert value == pytest.approx(453.59237)
    assert (provider.kind, asked[1][1]["Authorization"]) == ("marginal", "Bearer t")


@pytest.mark.parametrize("answer", [{"data": [{}]}, {"error": "x"}, [], None])
def test_odd_answers_are_one_clear_line(tmp_path, answer):
    get, _ = answering(answer)
    with pytest.raises(LedgerError, match="can't be understood"):
        fetch(PROVIDERS["electricity-maps"], "KR", START, END, cache=tmp_path, token="t", get=get)


def test_a_refusal_is_not_asked_again(tmp_path):
    refusal = urllib.error.HTTPError("https://x", 401, "Unauthorized", None, None)
    get, asked = answering(refusal, refusal)
    with pytest.raises(LedgerError, match="401 Unauthorized"):
        fetch(PROVIDERS["electricity-maps"], "KR", START, END, cache=tmp_path, token="t", get=get)
    assert len(asked) == 1
    refusal.close()


def test_an_answer_in_kilograms_is_told(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from joulebook.commands.data import data

    get, _ = answering({"data": [{"datetime": f"2026-03-01T0{h}:00:00Z", "carbonIntensity": 0.41} for h in (0, 1)]})
    monkeypatch.setattr("joulebook.ledger.grid_providers._get", get)
    out = tmp_path / "kr.csv"
    words = ["fetch", "electricity-maps", "KOR", "--from", "2026-03-01", "--to", "2026-03-02", "--out", str(out)]
    env = {"JOULEBOOK_GRID_TOKEN": "t", "XDG_CACHE_HOME": str(tmp_path)}
    done = CliRunner().invoke(data, words, env=env, catch_exceptions=False)
    assert done.stderr.startswith(f"joulebook: {out}, row 2: 0.41 g for 1 kWh")
    assert "kilograms were written as grams? (2 such rows)" in done.stderr
    assert done.stdout.startswith(f"{out}: 2 readings, average, life cycle.")
