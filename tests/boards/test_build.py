"""Bitstreams: one real build, and what happens when a tool fails."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from mulbudget.boards.build import Design, build, error_line, prepare, write_vivado_project
from mulbudget.boards.catalogue import BOARDS
from mulbudget.boards.report import Report
from mulbudget.hw import sidecar
from mulbudget.spn import UserError
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


def test_a_bitstream_comes_with_its_report(built: tuple[Path, Report]) -> None:
    folder, report = built
    assert _files(folder) == NAMES
    assert (folder / "example.bin").read_bytes().startswith(b"\xff\x00\x00\xff")
    assert report.dsp.used == 3
    assert report.dsp.available == 8
    assert 0 < report.ff.used < report.lut.used < report.lut.available == 5280
    assert report.fmax_mhz is not None and report.fmax_mhz > report.clock_mhz == 12
    assert report.samples_per_second == 12e6
    content = json.loads((folder / "report.json").read_text())
    assert content["lut"] == {"used": report.lut.used, "available": 5280}
    assert content["latency"] == sidecar.load(folder / "example.json").latency == report.latency


def test_the_same_design_gives_the_same_bytes(built: tuple[Path, Report], tmp_path: Path) -> None:
    build(_design(), tmp_path)
    for name in ("example.bin", "example.json"):
        assert (tmp_path / name).read_bytes() == (built[0] / name).read_bytes()


CELLS = {
    "utilization": {"ICESTORM_LC": {"used": 400, "available": 5280}},
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
    assert (report.lut.used, report.fmax_mhz) == (400, 40.0)
    assert (tmp_path / "out" / "example.bin").read_text() == "bits\n"


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
    with pytest.raises(UserError, match=r"reaches 11\.90 MHz and the board runs at 12 MHz"):
        build(_design(), tmp_path / "out")
    assert _files(tmp_path / "out") == ["build"]


def test_a_failed_build_leaves_the_one_before(fake: Path, tmp_path: Path) -> None:
    build(_design(), tmp_path)
    before = (tmp_path / "report.json").read_bytes()
    _tool(fake, "icepack", status=1)
    with pytest.raises(UserError, match="icepack failed"):
        build(_design(), tmp_path)
    assert (tmp_path / "report.json").read_bytes() == before


def test_an_interrupt_leaves_nothing(fake: Path, tmp_path: Path) -> None:
    def announce(step: str) -> nullcontext[None]:
        if step == "nextpnr-ice40":
            raise KeyboardInterrupt
        return nullcontext()

    assert fake.is_dir()
    with pytest.raises(KeyboardInterrupt):
        build(_design(), tmp_path / "out", announce=announce)
    assert _files(tmp_path / "out") == []


def test_a_folder_that_cannot_be_written_is_named(fake: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert fake.is_dir()
    with pytest.raises(UserError, match=r"cannot make folder .*file/out"):
        build(_design(), tmp_path / "file" / "out")


def test_a_board_has_no_more_multipliers_than_its_device() -> None:
    for board, dsp in (("icebreaker", 3), ("ice40-hx8k", 0), ("ulx3s-12f", 3)):
        assert _design(board).plan.dsp == dsp
    assert prepare(example(), BOARDS["ulx3s-12f"], dsp=1).plan.dsp == 1
    assert prepare(example(), BOARDS["ice40-hx8k"], dsp=1).plan.dsp == 0


def test_a_baud_rate_that_the_clock_does_not_have_is_refused() -> None:
    with pytest.raises(UserError, match="5000000 baud from a clock of 12 MHz"):
        prepare(example(), BOARDS["icebreaker"], baud=5_000_000)


@pytest.mark.parametrize("board", ["arty-a7-35", "arty-a7-100"])
def test_vivado_gets_a_project(board: str, tmp_path: Path) -> None:
    paths = write_vivado_project(_design(board), tmp_path)
    names = ["example.json", "example.tcl", "example.v", "example.xdc"]
    assert sorted(path.name for path in paths) == _files(tmp_path) == names
    script = (tmp_path / "example.tcl").read_text()
    assert BOARDS[board].name.rpartition("-")[2] in script
    assert "add_files example.v" in script
    assert "A9" in (tmp_path / "example.xdc").read_text()
    assert "module example" in (tmp_path / "example.v").read_text()


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


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("a\nERROR: no\nb", "ERROR: no"),
        ("a\nb\n\n", "b"),
        ("", "it said nothing"),
        ("x: error while loading", "x: error while loading"),
    ],
)
def test_the_line_that_says_what_went_wrong(output: str, line: str) -> None:
    assert error_line(output) == line
