"""`mulbudget bitstream` and `mulbudget program`."""

from pathlib import Path

import numpy as np
import pytest

from mulbudget.boards.build import prepare
from mulbudget.boards.catalogue import find_board
from mulbudget.cli.planned import styles_text
from mulbudget.spn import Network, Node, Range, SumProduct, Tensor, product_network, save
from tests.algorithms import STRASSEN
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--board", "icebraker"], "did you mean icebreaker?"),
        (["--board", "icebreaker", "--baud", "5000000"], "use 115200, or"),
        (["--board", "icebreaker", "--clock", "fast"], "'fast' is no frequency: use MHz"),
        (["--board", "icebreaker", "--clock", "-1"], "'-1' is no frequency: use MHz"),
        (["--board", "icebreaker", "--clock", "15"], "the PLL of iCE40 UltraPlus makes 16 to 275"),
        (["--board", "ulx3s-12f", "--clock", "3.2", "--baud", "1000000"], "1000000 baud from a"),
        (["--board", "arty-a7-35", "--clock", "50"], "--clock is not possible on arty-a7-35"),
        (["--board", "arty-a7-35", "--clock", "max"], "--clock is not possible on arty-a7-35"),
        (["--board", "icebreaker", "--dsp", "9"], "use --dsp 8 or less, or a larger board"),
        (["--board", "icebreaker", "--dsp", "-1"], "-1 hardware multipliers are not possible"),
    ],
)
def test_bad_options_are_one_sentence_and_leave_nothing(
    command: Command, network: Path, tmp_path: Path, options: list[str], sentence: str
) -> None:
    result = command("bitstream", network, *options, "--out", tmp_path / "out")
    assert result.returncode == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_missing_network_is_one_sentence(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = command("bitstream", tmp_path / "no.spn", "--board", "icebreaker", "--out", out)
    assert result.returncode == 2
    assert "cannot read" in result.stderr
    assert not out.exists()


def test_vivado_must_build_the_arty(command: Command, network: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = command("bitstream", network, "--board", "arty-a7-35", "--out", out)
    assert result.returncode == 0
    assert "Vivado must build" in result.stdout
    assert (out / "example.tcl").is_file()
    refused = command("program", out, "--board", "arty-a7-35")
    assert refused.returncode == 2
    assert "Vivado has not made" in refused.stderr


def test_a_bitstream_for_another_board_is_not_loaded(command: Command, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text("{}")
    result = command("program", tmp_path, "--board", "icebreaker")
    assert result.returncode == 2
    assert "describes no bitstream" in result.stderr


def test_a_sample_that_the_link_cannot_hold_is_refused(command: Command, tmp_path: Path) -> None:
    ones = np.ones((1, 1500), np.int8)
    layer = SumProduct(ones, np.array([3]), np.ones((1, 1), np.int8), np.zeros(1, np.int64), 0)
    wide = Network("wide", Tensor((1500,), 0, Range.uniform(0, 15, 1500)), [Node("fc", layer, "x")])
    save(wide, tmp_path / "wide.spn")
    out = tmp_path / "out"
    words = [tmp_path / "wide.spn", "--board", "icebreaker", "--style", "parallel", "--out", out]
    result = command("bitstream", *words)
    assert result.returncode == 2
    assert "have 6,017 bits" in result.stderr
    assert "icebreaker has 5,280" in result.stderr
    assert "--style folded" in result.stderr
    assert not out.exists()
    design = prepare(wide, find_board("icebreaker"), style=["folded"])
    assert design.plan.dsp == 1
    assert styles_text(design.plan) == "styles: fc folded:1:1"


def test_only_a_product_of_matrices_has_a_standard_to_compare_with(
    command: Command, network: Path, tmp_path: Path
) -> None:
    words = ["--board", "ulx3s-85f", "--compare", "--out", tmp_path / "out"]
    result = command("bitstream", network, *words)
    assert result.returncode == 2
    assert "is no product of two matrices alone" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_core_is_compared_with_the_one_of_all_multipliers(
    command: Command, tmp_path: Path
) -> None:
    save(product_network(STRASSEN, name="core", bits=4), tmp_path / "core.spn")
    out = tmp_path / "out"
    words = ["--board", "icebreaker", "--compare", "--out", out]
    result = command("bitstream", tmp_path / "core.spn", *words)
    assert result.returncode == 0, result.stderr
    row = next(line for line in result.stdout.splitlines() if line.startswith("multipliers"))
    assert row.split()[1:4] == ["7", "8", "8"]
    assert (out / "core.bin").is_file()
    assert (out / "standard" / "standard.bin").is_file()
