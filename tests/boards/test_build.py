"""Bitstreams: one real build, and what happens when a tool fails."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import msgspec
import numpy as np
import pytest

from mulbudget.boards import build as building
from mulbudget.boards.build import Design, build, pack, prepare, write_vivado_project
from mulbudget.boards.catalogue import BOARDS
from mulbudget.boards.program import bitstream
from mulbudget.boards.report import Report, Resource
from mulbudget.hw import sidecar
from mulbudget.spn import (
    Network,
    Node,
    Range,
    SumProduct,
    Tensor,
    UserError,
    digest,
    network_counts,
)
from tests.networks import example

NAMES = ["build", "example.bin", "example.json", "report.json"]


def _design(board: str = "icebreaker") -> Design:
    return prepare(example(), BOARDS[board])


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("real") / "new" / "folder"
    return folder, build(_design(), folder)


def test_carry_chains_of_ecp5_are_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    short = pack(_design("ulx3s-25f"))["lut"].used
    monkeypatch.setattr(building, "shorten", lambda _: 0)
    assert short < 0.95 * pack(_design("ulx3s-25f"))["lut"].used


def test_a_bitstream_comes_with_its_report(built: tuple[Path, Report]) -> None:
    folder, report = built
    assert _files(folder) == NAMES
    assert (folder / "example.bin").read_bytes().startswith(b"\xff\x00\x00\xff")
    assert report.dsp == Resource(3, 8)
    assert report.lut is not None and report.ff is not None
    assert 0 < report.ff.used < report.lut.used < report.lut.available == 5280
    assert report.fmax_mhz is not None and report.fmax_mhz > report.clock_mhz == 12
    assert report.samples_per_second == 12e6
    content = json.loads((folder / "report.json").read_text())
    assert content["network"] == digest(example()) == sidecar.load(folder / "example.json").network
    assert content["lut"] == {"used": report.lut.used, "available": 5280}
    assert content["latency"] == sidecar.load(folder / "example.json").latency == report.latency


def test_the_same_design_gives_the_same_bytes(built: tuple[Path, Report], tmp_path: Path) -> None:
    build(_design(), tmp_path)
    for name in ("example.bin", "example.json"):
        assert (tmp_path / name).read_bytes() == (built[0] / name).read_bytes()


CELLS = {
    "utilization": {
        "ICESTORM_LC": {"used": 400, "available": 5280},
        "ICESTORM_DSP": {"used": 3, "available": 8},
    },
    "fmax": {"clk": {"achieved": 40.0, "constraint": 12.0}},
}
SCRIPT = """\
#!/bin/sh
cat <<'END' > example.cells.json
{cells}
END
cat <<'END' > example.tim
{log}
END
echo bits > example.bin
echo "{output}"
exit {status}
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of native tools; `_tool` changes one of them."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    for name in ("yosys", "nextpnr-ice40", "icepack"):
        _tool(folder, name)
    return folder


def _tool(
    folder: Path,
    name: str,
    *,
    cells: object = CELLS,
    log: str = "",
    output: str = "",
    status: int = 0,
) -> None:
    path = folder / name
    text = SCRIPT.format(cells=json.dumps(cells), log=log, output=output, status=status)
    path.write_text(text)
    path.chmod(0o755)


def test_native_tools_are_used_and_announced(fake: Path, tmp_path: Path) -> None:
    steps = []

    @contextmanager
    def announce(step: str) -> Iterator[None]:
        steps.append(step)
        yield

    assert fake.is_dir()
    report = build(_design(), tmp_path / "out", announce=announce)
    assert steps == ["amaranth", "yosys", "nextpnr-ice40", "icepack"]
    assert (report.lut, report.fmax_mhz) == (Resource(400, 5280), 40.0)
    assert (tmp_path / "out" / "example.bin").read_text() == "bits\n"


ECP5_SCRIPT = """\
#!/bin/sh
echo "$*" >> {calls}
case "$*" in *--no-tmdriv*) clock={wires};; *) clock={paths};; esac
case "$0 $clock" in *nextpnr*" 0") exit 1;; esac
cat <<END > example.cells.json
{{"utilization": {{"TRELLIS_COMB": {{"used": 20000, "available": 24288}},
  "MULT18X18D": {{"used": 3, "available": 28}}}},
 "fmax": {{"clk": {{"achieved": $clock, "constraint": 25.0}}}}}}
END
echo log > example.tim
echo bits > example.bit
"""


def _ecp5_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, luts: int, clocks: tuple[int, int]
) -> Path:
    """Tools that reach a clock with wires first and one with paths first, or fail where it is 0."""
    tools, calls = tmp_path / "tools", tmp_path / "calls"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    monkeypatch.setattr(building, "shorten", lambda _: luts)
    for name in ("yosys", "nextpnr-ecp5", "ecppack"):
        log = calls if name == "nextpnr-ecp5" else "/dev/null"
        text = ECP5_SCRIPT.format(calls=log, wires=clocks[0], paths=clocks[1])
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    return calls


@pytest.mark.parametrize(
    ("luts", "fast", "clocks", "ways"),
    [
        (20_000, False, (30, 40), ["wires"]),
        (20_000, False, (20, 40), ["wires", "paths"]),
        (20_000, False, (0, 40), ["wires", "paths"]),
        (20_000, True, (30, 40), ["paths"]),
        (5_000, False, (30, 40), ["as nextpnr does"]),
        (5_000, True, (30, 40), ["as nextpnr does"]),
    ],
    ids=[
        *("large", "large and too slow", "large and not routed", "large and fast"),
        *("small", "small and fast"),
    ],
)
def test_wires_come_first_in_large_designs(
    luts: int,
    fast: bool,
    clocks: tuple[int, int],
    ways: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = _ecp5_tools(tmp_path, monkeypatch, luts, clocks)
    report = build(_design("ulx3s-25f"), tmp_path / "out", fast=fast)
    made = []
    for call in calls.read_text().splitlines():
        words = call.split()
        wires, paths = "--no-tmdriv" in words, "--placer-heap-timingweight" in words
        made.append("wires" if wires else "paths" if paths else "as nextpnr does")
        assert not (wires and paths)
    assert made == ways
    assert report.fmax_mhz == clocks[0 if ways[-1] == "wires" else 1]


def test_the_clock_of_the_wires_is_said_where_the_paths_have_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ecp5_tools(tmp_path, monkeypatch, 20_000, (20, 0))
    with pytest.raises(UserError, match=r"reaches 20.00 MHz.*--levels-per-stage 7"):
        build(_design("ulx3s-25f"), tmp_path / "out")


@pytest.mark.parametrize(
    ("tool", "log"),
    [("yosys", "yosys.log"), ("nextpnr-ice40", "example.tim"), ("icepack", "icepack.log")],
)
def test_a_failing_tool_is_quoted(fake: Path, tmp_path: Path, tool: str, log: str) -> None:
    _tool(fake, tool, output="Info: x\nERROR: Bad cell.\nmore", status=1)
    out = tmp_path / "out"
    with pytest.raises(UserError) as failed:
        build(_design(), out)
    assert str(failed.value) == f"{tool} failed: ERROR: Bad cell. (its log is {out}/build/{log})"
    assert _files(out) == ["build"]
    assert (out / "build" / log).is_file()


def test_a_network_that_does_not_fit_leaves_no_bitstream(fake: Path, tmp_path: Path) -> None:
    log = "Info: \t ICESTORM_LC:    7882/   5280   149%"
    _tool(fake, "nextpnr-ice40", log=log, output="ERROR: Failed to expand region", status=1)
    with pytest.raises(UserError, match="does not fit on icebreaker: it needs 7,882 LUTs"):
        build(_design(), tmp_path / "out")
    assert _files(tmp_path / "out") == ["build"]


def test_a_network_that_is_too_slow_leaves_no_bitstream(fake: Path, tmp_path: Path) -> None:
    slow = CELLS | {"fmax": {"clk": {"achieved": 11.9, "constraint": 12.0}}}
    _tool(fake, "nextpnr-ice40", cells=slow)
    with pytest.raises(UserError, match=r"reaches 11\.90 MHz and runs at 12 MHz"):
        build(_design(), tmp_path / "out")
    assert _files(tmp_path / "out") == ["build"]


def test_a_failed_build_leaves_the_one_before(fake: Path, tmp_path: Path) -> None:
    build(_design(), tmp_path)
    before = (tmp_path / "report.json").read_bytes()
    _tool(fake, "icepack", status=1)
    with pytest.raises(UserError, match="icepack failed"):
        build(_design(), tmp_path)
    assert (tmp_path / "report.json").read_bytes() == before


@pytest.mark.parametrize("step", ["amaranth", "nextpnr-ice40", "icepack"])
def test_an_interrupt_leaves_nothing(fake: Path, tmp_path: Path, step: str) -> None:
    def announce(begun: str) -> nullcontext[None]:
        if begun == step:
            raise KeyboardInterrupt
        return nullcontext()

    assert fake.is_dir()
    with pytest.raises(KeyboardInterrupt):
        build(_design(), tmp_path / "out", announce=announce)
    assert _files(tmp_path / "out") == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, UserError])
@pytest.mark.parametrize("name", NAMES[1:])
def test_half_a_result_is_none(
    fake: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    error: type[BaseException],
) -> None:
    """Nor does the report of an earlier build stay beside it."""
    build(_design(), tmp_path / "out")
    write = building.write_whole

    def failing(path: Path, content: bytes) -> Path:
        if path == tmp_path / "out" / name:
            raise error
        return write(path, content)

    monkeypatch.setattr(building, "write_whole", failing)
    assert fake.is_dir()
    with pytest.raises(error):
        build(_design(), tmp_path / "out")
    assert not set(_files(tmp_path / "out")) & set(NAMES[1:])


def test_a_folder_that_no_build_made_is_left_alone(fake: Path, tmp_path: Path) -> None:
    mine = tmp_path / "build" / "thesis.tex"
    mine.parent.mkdir()
    mine.touch()
    assert fake.is_dir()
    with pytest.raises(
        UserError, match=r"build holds files that are not of a build.* move it away"
    ):
        build(_design(), tmp_path)
    assert mine.exists()
    mine.unlink()
    build(_design(), tmp_path)
    stale = tmp_path / "build" / "stale.log"
    stale.touch()
    build(_design(), tmp_path)
    assert not stale.exists()


@pytest.mark.parametrize("used", [2, 4])
def test_a_bitstream_with_other_multipliers_than_its_plan_is_a_bug(
    fake: Path, tmp_path: Path, used: int
) -> None:
    cells = {**CELLS["utilization"], "ICESTORM_DSP": {"used": used, "available": 8}}
    _tool(fake, "nextpnr-ice40", cells=CELLS | {"utilization": cells})
    with pytest.raises(UserError, match=f"uses {used} .* has 3: this is a bug .* please report"):
        build(_design(), tmp_path / "out")
    assert _files(tmp_path / "out") == ["build"]


def test_every_multiplication_is_a_multiplier_of_the_device(tmp_path: Path) -> None:
    layer = SumProduct(
        np.eye(4, dtype=np.int8),
        np.array([1, 2, -3, 100]),
        np.array([[1, 1, -1, 0], [0, 1, 0, -1]], np.int8),
        np.array([5, 0]),
        0,
    )
    tensor = Tensor((4,), 0, Range.uniform(-8, 7, 4))
    network = Network("products", tensor, [Node("fc", layer, "x")])
    report = build(prepare(network, BOARDS["ulx3s-12f"]), tmp_path)
    assert report.dsp == Resource(network_counts(network).multiplications, 28)


def test_a_folder_that_cannot_be_written_is_named(fake: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert fake.is_dir()
    with pytest.raises(UserError, match=r"cannot make folder .*file/out"):
        build(_design(), tmp_path / "file" / "out")


def test_a_board_has_no_more_multipliers_than_its_device() -> None:
    for board, dsp in (("icebreaker", 3), ("ice40-hx8k", 0), ("ulx3s-12f", 3)):
        assert _design(board).plan.dsp == dsp
    assert prepare(example(), BOARDS["ulx3s-12f"], dsp=1).plan.dsp == 1
    with pytest.raises(UserError, match=r"has 8 hardware multipliers, .* up to 9: use --dsp 8"):
        prepare(example(), BOARDS["icebreaker"], dsp=9)
    with pytest.raises(UserError, match="ice40-hx8k has 0 hardware multipliers"):
        prepare(example(), BOARDS["ice40-hx8k"], dsp=1)


def test_a_baud_rate_that_the_clock_does_not_have_is_refused() -> None:
    with pytest.raises(UserError, match="5000000 baud from a clock of 12 MHz"):
        prepare(example(), BOARDS["icebreaker"], baud=5_000_000)


@pytest.mark.parametrize("board", ["arty-a7-35", "arty-a7-100"])
def test_vivado_gets_a_project(board: str, tmp_path: Path) -> None:
    paths = write_vivado_project(_design(board), tmp_path)
    names = ["example.json", "example.tcl", "example.v", "example.xdc", "report.json"]
    assert sorted(path.name for path in paths) == _files(tmp_path) == names
    script = (tmp_path / "example.tcl").read_text()
    assert BOARDS[board].name.rpartition("-")[2] in script
    assert "add_files example.v" in script
    assert "A9" in (tmp_path / "example.xdc").read_text()
    assert "module example" in (tmp_path / "example.v").read_text()
    report = msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)
    assert (report.board, report.network) == (board, digest(example()))
    assert report.lut is report.ff is report.dsp is report.bram is report.fmax_mhz is None


def test_only_what_vivado_made_of_this_project_is_loaded(tmp_path: Path) -> None:
    board = BOARDS["arty-a7-35"]
    write_vivado_project(_design(board.name), tmp_path)
    path = tmp_path / "example.bit"
    with pytest.raises(UserError, match=r"Vivado has not made .* -source example.tcl` in"):
        bitstream(tmp_path, board)
    path.touch()
    assert bitstream(tmp_path, board) == path
    os.utime(path, (0, 0))
    with pytest.raises(UserError, match=r"has not made .* since its project was written"):
        bitstream(tmp_path, board)


@pytest.mark.parametrize("board", [name for name, each in BOARDS.items() if each.flow == "open"])
def test_every_board_takes_the_design(
    board: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pins, clock and LED exist, and Amaranth writes the tools' scripts."""
    monkeypatch.setattr("mulbudget.boards.build._run", _refuse)
    with pytest.raises(_RefusedError, match="yosys"):
        build(_design(board), tmp_path)
    assert {".il", ".ys"} <= {path.suffix for path in (tmp_path / "build").iterdir()}


class _RefusedError(Exception):
    pass


def _refuse(name: str, *_: object) -> None:
    raise _RefusedError(name)
