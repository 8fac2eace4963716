"""What is read from nextpnr's report and log."""

import json
import re
from pathlib import Path

import pytest

from mulbudget.boards.catalogue import BOARDS, with_clock
from mulbudget.boards.report import (
    Clock,
    Resource,
    TooSlowError,
    check_clock,
    check_constraints,
    check_fit,
    read_report,
    utilisation,
)
from mulbudget.spn import UserError

ICE40_LOG = """\
Info: Packing LUT-FFs..
Info:      285 LCs used as LUT4 only
Info:      182 LCs used as LUT4 and DFF
Info: Packing non-LUT FFs..
Info:       36 LCs used as DFF only
Info: Packing carries..
Info:       11 LCs used as CARRY only
Info: Device utilisation:
Info: \t         ICESTORM_LC:   {lc}/   5280   149%
Info: \t        ICESTORM_RAM:       0/     30     0%
Info: \t        ICESTORM_DSP:   {dsp}/      8    37%
"""
GOWIN_LOG = """\
Info: Device utilisation:
Info: \t                LUT4:    6532/   8640    75%
Info: \t                 ALU:    5482/   6480    84%
Info: \t                 DFF:    1339/   6480    20%
ERROR: Unable to find legal placement for cell 'fc1' of type 'ALU' after 10001 attempts, check
"""


def _cells(**counts: tuple[int, int]) -> dict[str, Resource]:
    return {name: Resource(*each) for name, each in counts.items()}


@pytest.mark.parametrize(
    ("board", "cells", "log", "expected"),
    [
        (
            "ulx3s-85f",
            _cells(
                TRELLIS_COMB=(426, 83640),
                TRELLIS_FF=(215, 83640),
                MULT18X18D=(3, 156),
                DP16KD=(1, 208),
                TRELLIS_IO=(4, 365),
            ),
            "",
            [(426, 83640), (215, 83640), (3, 156), (1, 208)],
        ),
        (
            "icebreaker",
            _cells(ICESTORM_LC=(490, 5280), ICESTORM_DSP=(3, 8), ICESTORM_RAM=(2, 30)),
            ICE40_LOG,
            [(490, 5280), (182 + 36, 5280), (3, 8), (2, 30)],
        ),
        (
            "ice40-hx8k",
            _cells(ICESTORM_LC=(490, 7680), ICESTORM_RAM=(2, 32)),
            ICE40_LOG,
            [(490, 7680), (182 + 36, 7680), (0, 0), (2, 32)],
        ),
        (
            "tang-nano-9k",
            _cells(LUT4=(550, 8640), ALU=(128, 6480), DFF=(215, 6480), MULT18X18=(3, 20)),
            "",
            [(550, 8640), (215, 6480), (3, 20), (0, 0)],
        ),
    ],
)
def test_utilisation(
    board: str, cells: dict[str, Resource], log: str, expected: list[tuple[int, int]]
) -> None:
    used = utilisation(BOARDS[board], cells, log)
    assert list(used) == ["lut", "ff", "dsp", "bram"]
    assert [(each.used, each.available) for each in used.values()] == expected


def test_cells_and_clocks_are_read(tmp_path: Path) -> None:
    content = {
        "fmax": {"clk": {"achieved": 30.5, "constraint": 12}},
        "utilization": {"LUT4": {"used": 1, "available": 2}},
        "critical_paths": [],
    }
    (tmp_path / "cells.json").write_text(json.dumps(content))
    assert read_report(tmp_path / "cells.json") == (
        _cells(LUT4=(1, 2)),
        [Clock(30.5, 12)],
    )


def test_a_gowin_alu_takes_a_lut(tmp_path: Path) -> None:
    counts = {"LUT4": 1526, "ALU": 4416}
    cells = {name: {"used": used, "available": 8640} for name, used in counts.items()}
    (tmp_path / "cells.json").write_text(json.dumps({"fmax": {}, "utilization": cells}))
    assert read_report(tmp_path / "cells.json")[0]["LUT4"] == Resource(1526 + 4416, 8640)


@pytest.mark.parametrize(
    ("board", "log", "needs"),
    [
        (
            "icebreaker",
            ICE40_LOG.format(lc=7882, dsp=3),
            r"7,882 LUTs and the device has 5,280; train it",
        ),
        (
            "icebreaker",
            ICE40_LOG.format(lc=99, dsp=9),
            r"9 multipliers and the device has 8; train it",
        ),
        ("tang-nano-9k", GOWIN_LOG, r"5,482 ALU cells, .* 6,480; try another --seed"),
    ],
)
def test_what_does_not_fit_is_named(board: str, log: str, needs: str) -> None:
    with pytest.raises(UserError, match=f"does not fit on {board}: it needs {needs}"):
        check_fit(BOARDS[board], log)


def test_what_fits_is_no_error() -> None:
    check_fit(BOARDS["icebreaker"], ICE40_LOG.format(lc=99, dsp=3))
    check_fit(BOARDS["icebreaker"], "")


@pytest.mark.parametrize(
    ("board", "clock", "fmax", "levels", "cures"),
    [
        ("icebreaker", 12, 11.25, 3, r"fewer .* \(--levels-per-stage 2\) or another --seed"),
        ("icebreaker", 12, 11.25, 1, "another --seed"),
        ("icebreaker", 24, 20, 1, r"a slower clock \(--clock 19.5\) or another"),
        ("icebreaker", 24, 15, 1, r"a slower clock \(--clock 12\) or another"),
        ("ulx3s-85f", 60, 40, 2, r"a slower clock \(--clock 39.58\) or fewer"),
    ],
)
def test_a_clock_that_is_not_met_is_an_error(
    board: str, clock: float, fmax: float, levels: int, cures: str
) -> None:
    wanted = with_clock(BOARDS[board], clock)
    sentence = rf"reaches {fmax:.2f} MHz and runs at {clock} MHz; use {cures}"
    with pytest.raises(TooSlowError, match=sentence) as refused:
        check_clock(wanted, fmax, levels)
    assert refused.value.fmax_mhz == fmax


@pytest.mark.parametrize("name", [name for name, each in BOARDS.items() if each.family])
@pytest.mark.parametrize("fmax", [17, 33.3, 61.9, 97])
def test_the_slower_clock_that_is_offered_is_met(name: str, fmax: float) -> None:
    with pytest.raises(TooSlowError) as refused:
        check_clock(with_clock(BOARDS[name], 110), fmax, 1)
    offered = re.search(r"--clock ([\d.]+)", str(refused.value))
    assert offered is not None
    check_clock(with_clock(BOARDS[name], float(offered[1])), fmax, 1)


def test_a_clock_of_the_tools_that_is_not_the_boards_is_a_bug() -> None:
    board = with_clock(BOARDS["ice40-hx8k"], 50)
    check_constraints(board, [Clock(90, 50.28)])
    with pytest.raises(UserError, match=r"a clock of 12.00 MHz and its plan has 50.25: .* a bug"):
        check_constraints(board, [Clock(90, 12)])


@pytest.mark.parametrize("fmax", [12, 40.5, None])
def test_a_clock_that_is_met_is_none(fmax: float | None) -> None:
    check_clock(BOARDS["icebreaker"], fmax, 1)
