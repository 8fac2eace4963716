"""Boards whose network runs from a PLL: simulated at their pins, and built."""

import json
import re
from pathlib import Path

import pytest

from mulbudget.boards.build import Design, build, prepare
from mulbudget.boards.catalogue import BOARDS, with_clock
from mulbudget.boards.top import Core, Top
from mulbudget.hw.families import FAMILIES
from mulbudget.hw.verilog import packaged_yosys
from mulbudget.sim.benches import run_cocotb
from mulbudget.spn import save
from tests.boards.test_board import NETWORKS
from tests.networks import example

PINS = Path(__file__).parent / "ice40_board.v"


def _verilog(design: Design) -> tuple[str, int]:
    """A board's whole design as synthesis has it, and the latency of its network."""
    core = Core(design.network, design.plan, divider=design.divider, gap_bytes=16)
    with packaged_yosys():
        plan = design.board.platform_class()().prepare(
            Top(core, design.board), "board", debug_verilog=True, emit_src=False
        )
    content = plan.files["board.debug.v"]
    text = content if isinstance(content, str) else content.decode()
    return text, core.accelerator.latency


@pytest.mark.parametrize(("mhz", "baud"), [(150, 30_000_000), (199, 50_000_000)])
def test_a_board_on_its_pll_answers_at_its_baud_rate(tmp_path: Path, mhz: float, baud: int) -> None:
    """Bits last as long as the baud rate says, by the oscillator's clock and no other."""
    network, _, styles = NETWORKS["layers"]
    board, dsp = with_clock(BOARDS["icebreaker"], mhz), FAMILIES["ice40-up"].dsp
    assert dsp is not None
    assert board.pll is not None and board.pll.reference == 1
    save(network, tmp_path / "net.spn")
    design = prepare(network, board, baud=baud, style=styles)
    text, latency = _verilog(design)
    (tmp_path / "board.v").write_text(text)
    ratio = board.pll.multiplier
    results = run_cocotb(
        "tests.boards.board_bench",
        "bench",
        [PINS, tmp_path / "board.v", dsp.model],
        ["clk", "rst", "rx", "tx"],
        environment={
            "BENCH_NETWORK": str(tmp_path / "net.spn"),
            "BENCH_LATENCY": str(latency),
            "BENCH_DIVIDER": str(round(board.oscillator_mhz * 1e6 * ratio / baud)),
        },
        flags=[f"-GRATIO={ratio}"],
    )
    assert len(results) == 4
    assert [each for each in results if each.failure is not None] == []


BUILT = {
    "ulx3s-12f": (60, "EHXPLLL"),
    "icebreaker": (24, "ICESTORM_PLL"),
    "ice40-hx8k": (50, "ICESTORM_PLL"),
    "tang-nano-9k": (50, "rPLL"),
}
"""A clock that is asked for, and what nextpnr calls the PLL."""


@pytest.mark.parametrize("name", BUILT)
def test_nextpnr_finds_the_same_clock_behind_the_pll(tmp_path: Path, name: str) -> None:
    mhz, cell = BUILT[name]
    board = with_clock(BOARDS[name], mhz)
    report = build(prepare(example(), board), tmp_path)
    assert report.clock_mhz == board.clock_mhz == pytest.approx(mhz, rel=0.02)
    assert report.oscillator_mhz == BOARDS[name].clock_mhz
    assert report.samples_per_second == board.clock_mhz * 1e6
    assert report.fmax_mhz is not None and report.fmax_mhz > board.clock_mhz
    content = json.loads((tmp_path / "build" / "example.cells.json").read_text())
    assert content["utilization"][cell]["used"] == 1
    (clock,) = content["fmax"].values()
    assert clock["constraint"] == pytest.approx(board.clock_mhz, rel=0.001)
    log = (tmp_path / "build" / "example.tim").read_text()
    derived = [float(each) for each in re.findall(r"Derived .* of ([\d.]+) MHz for net clk", log)]
    if board.family in ("ecp5", "ice40-up", "ice40-hx"):  # nextpnr derives none for Gowin yet
        assert derived == [pytest.approx(board.clock_mhz, abs=0.1)]


def test_a_board_on_its_own_clock_has_no_pll() -> None:
    design = prepare(example(), with_clock(BOARDS["icebreaker"], 12))
    assert "SB_PLL40" not in _verilog(design)[0]
