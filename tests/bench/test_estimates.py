"""The estimates agree with what was measured, and the fit with its data."""

import json
from pathlib import Path

import pytest

from bench import speed
from bench.estimates import BOARDS, MEASURED, NETWORKS, count
from mulbudget.boards.catalogue import find_board
from mulbudget.hw.estimate import need_of
from mulbudget.hw.families import FAMILIES, find_family
from mulbudget.hw.speed import Delays, delays, period_ns

ROWS = json.loads(MEASURED.read_text())
ALL = NETWORKS | speed.NETWORKS
FMAX_ROWS = json.loads(speed.MEASURED.read_text())


@pytest.mark.parametrize("board", BOARDS)
def test_estimates_are_near_what_place_and_route_counts(board: str) -> None:
    rows = [row for row in ROWS if row["board"] == board]
    assert len(rows) >= 8
    for row in rows:
        parts, dsp, bram = count(NETWORKS[row["network"]], board, [row["style"]])
        need = need_of(parts, find_family(find_board(board).family or ""))
        assert (dsp, bram) == (row["dsp"], row["bram"]), row
        assert need.lut == pytest.approx(row["lut"], rel=0.12), row
        assert need.ff == pytest.approx(row["ff"], rel=0.2), row


@pytest.mark.parametrize("board", speed.BOARDS)
def test_clocks_are_near_what_place_and_route_reaches(board: str) -> None:
    rows = [row for row in FMAX_ROWS if row["board"] == board]
    assert any(row["levels"] < 8 for row in rows)
    family = delays()[find_board(board).family or ""]
    for row in rows:
        said = 1000 / period_ns(speed.chains_of(ALL, row), family)
        assert said == pytest.approx(row["fmax"], rel=0.2 if len(rows) > 8 else 0.3), row


def test_there_are_delays_of_every_family() -> None:
    assert delays().keys() == FAMILIES.keys()


def test_delays_that_made_the_clocks_are_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "FITTED", tmp_path / "fmax.json")
    true = Delays(base=3.0, level=2.2, bit=0.08, hop=0.8)
    rows = [dict(row) for row in FMAX_ROWS if row["board"] == "ulx3s-85f"]
    for row in rows:
        row["fmax"] = 1000 / period_ns(speed.chains_of(ALL, row), true)
    compared = speed.fit(ALL, rows)
    assert max(abs(float(row["error of fmax"])) for row in compared) < 0.02
    found = json.loads((tmp_path / "fmax.json").read_text())["ecp5"]
    assert found["level"] == pytest.approx(true.level, rel=0.1)
