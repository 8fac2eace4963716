"""The estimates agree with what was measured, and the fit with its data."""

import json

import pytest

from bench.estimates import BOARDS, MEASURED, NETWORKS, count
from mulbudget.boards.catalogue import find_board
from mulbudget.hw.estimate import need_of
from mulbudget.hw.families import find_family

ROWS = json.loads(MEASURED.read_text())


@pytest.mark.parametrize("board", BOARDS)
def test_estimates_are_near_what_place_and_route_counts(board: str) -> None:
    rows = [row for row in ROWS if row["board"] == board]
    assert len(rows) >= 8
    for row in rows:
        parts, dsp, bram = count(NETWORKS[row["network"]], board, [row["style"]])
        need = need_of(parts, find_family(find_board(board).family or ""))
        assert (dsp, bram) == (row["dsp"], row["bram"]), row
        assert need.lut == pytest.approx(row["lut"], rel=0.15), row
        assert need.ff == pytest.approx(row["ff"], rel=0.25), row
