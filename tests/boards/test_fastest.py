"""The search for the fastest clock, with tools whose Fmax is given."""

from pathlib import Path

import pytest

from mulbudget.boards.build import Design, prepare
from mulbudget.boards.catalogue import BOARDS
from mulbudget.boards.fastest import LEVELS_PER_STAGE, TRIES, build_fastest
from mulbudget.boards.report import Report
from mulbudget.spn import UserError
from tests.networks import example

NEXTPNR = """\
#!/bin/sh
# Reaches the next Fmax of the file at each call, whatever the clock.
while [ "$1" != --freq ]; do shift; done
echo "$2" >> {folder}/clocks
fmax=$(sed -n "$(wc -l < {folder}/clocks)p" {folder}/fmax)
cat > example.cells.json <<END
{{"utilization": {{"ICESTORM_LC": {{"used": 1, "available": 5280}},
                   "ICESTORM_DSP": {{"used": 3, "available": 8}}}},
  "fmax": {{"clk": {{"achieved": $fmax, "constraint": $2}}}}}}
END
: > example.tim
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    texts = {
        "yosys": "#!/bin/sh\n",
        "nextpnr-ice40": NEXTPNR.format(folder=folder),
        "icepack": "#!/bin/sh\necho bits > example.bin\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def _design() -> Design:
    return prepare(example(), BOARDS["icebreaker"], levels_per_stage=LEVELS_PER_STAGE)


def _build(tools: Path, out: Path, *fmax: float) -> tuple[Report, list[float]]:
    """What is reported where the builds reach these clocks, and the clocks that were asked for."""
    (tools / "fmax").write_text("".join(f"{each}\n" for each in fmax))
    report = build_fastest(_design(), out)
    return report, [float(each) for each in (tools / "clocks").read_text().split()]


def test_the_second_build_runs_just_below_the_fmax_of_the_first(
    tools: Path, tmp_path: Path
) -> None:
    report, clocks = _build(tools, tmp_path / "out", 40, 39.9)
    assert clocks == [12, report.clock_mhz]
    assert 38 < report.clock_mhz <= 0.98 * 40
    assert report.fmax_mhz == 39.9
    assert (report.oscillator_mhz, report.levels_per_stage) == (12, 1)
    assert report.samples_per_second == report.clock_mhz * 1e6


def test_a_build_that_misses_its_clock_says_which_one_to_try(tools: Path, tmp_path: Path) -> None:
    report, clocks = _build(tools, tmp_path / "out", 40, 36, 37)
    assert len(clocks) == 3
    assert report.clock_mhz == clocks[2] <= 0.98 * 36 < clocks[1]


def test_a_network_that_is_slower_than_every_clock_is_refused(tools: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--clock max on icebreaker: .* reaches 11\.00 MHz"):
        _build(tools, tmp_path / "out", 11)


def test_where_no_faster_clock_can_be_made_it_stays_with_the_boards(
    tools: Path, tmp_path: Path
) -> None:
    report, clocks = _build(tools, tmp_path / "out", 15, 15)
    assert (report.clock_mhz, report.oscillator_mhz) == (12, None)
    assert clocks == [12]


def test_it_gives_up_after_some_builds(tools: Path, tmp_path: Path) -> None:
    fmax = [60 - 5 * number for number in range(1 + TRIES)]
    with pytest.raises(UserError, match=r"none of 5 builds .* use a clock of your own"):
        _build(tools, tmp_path / "out", *fmax)
    assert len((tools / "clocks").read_text().split()) == 1 + TRIES
