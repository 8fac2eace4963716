"""`mulbudget report`."""

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from mulbudget.cli.proof import Proof, write_proof
from mulbudget.spn import digest, load, product_network, save
from tests.algorithms import STRASSEN
from tests.cli.conftest import Command
from tests.report.facts import BOARD, built, named, small


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run" / "network.spn"
    path.parent.mkdir()
    save(small(), path)
    return path


def write_report(path: Path, **changes: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.encode(built(**changes)))
    return path


def test_a_page_stands_beside_the_network(command: Command, file: Path) -> None:
    result = command("report", file)
    assert result.returncode == 0, result.stderr
    page = file.parent / "report.html"
    assert result.stdout.split() == ["written", "to", str(page)]
    assert not result.stderr  # no bar where there is no terminal
    assert page.read_text().startswith("<!doctype html>")
    assert 'id="additions"' in page.read_text()


def test_the_same_network_gives_the_same_bytes(
    command: Command, file: Path, tmp_path: Path
) -> None:
    pages = [tmp_path / f"{number}.html" for number in range(2)]
    for page in pages:
        words = ("report", file, "--board", BOARD.name, "--no-adders", "--out", page)
        assert command(*words).returncode == 0
    assert pages[0].read_bytes() == pages[1].read_bytes()
    text = pages[0].read_text()
    assert 'id="curve"' in text and 'id="additions"' not in text and 'id="built"' not in text


def test_what_lies_beside_the_network_is_on_the_page(command: Command, file: Path) -> None:
    write_report(file.parent / BOARD.name / "report.json")
    (file.parent / "metrics.json").write_text('{"test_accuracy": 0.1}')
    other = file.parent.parent / "wider" / "network.spn"
    other.parent.mkdir()
    save(named(small(), {"test_accuracy": 0.5}), other)
    words = ("report", file, "--board", BOARD.name, "--no-adders", "--beside", other.parent)
    result = command(*words)
    assert result.returncode == 0, result.stderr
    assert "metrics.json is not what `mulbudget train` writes" in result.stderr
    text = (file.parent / "report.html").read_text()
    assert 'id="built"' in text and "wider" in text and "it was left out" in text


def test_a_simulation_is_on_the_page_where_it_is_of_this_network(
    command: Command, file: Path
) -> None:
    proof = Proof(
        network=digest(small()),
        hardware="RTL",
        samples="test set",
        exact=360,
        total=360,
        passed=True,
    )
    write_proof(file.parent / "sim.json", proof)
    assert not command("report", file, "--no-adders").stderr
    assert "360 of 360 bit-exact" in (file.parent / "report.html").read_text()
    write_proof(file.parent / "sim.json", replace(proof, network="0" * 64))
    assert "sim.json is of another network" in command("report", file, "--no-adders").stderr
    assert "360 of 360" not in (file.parent / "report.html").read_text()


def test_runs_beside_are_not_looked_for(command: Command, file: Path) -> None:
    other = file.parent.parent / "wider" / "network.spn"
    other.parent.mkdir()
    save(named(small(), {"test_accuracy": 0.5}), other)
    assert command("report", file, "--no-adders").returncode == 0
    assert "wider" not in (file.parent / "report.html").read_text()


def test_a_bitstream_of_another_network_is_left_out_and_told(command: Command, file: Path) -> None:
    write_report(file.parent / BOARD.name / "report.json", network="0" * 64)
    result = command("report", file, "--board", BOARD.name, "--no-adders")
    assert result.returncode == 0
    assert "report.json is of another network: build the bitstream again" in result.stderr
    assert 'id="built"' not in (file.parent / "report.html").read_text()


def test_the_page_of_a_bitstream_is_for_its_clock(command: Command, file: Path) -> None:
    write_report(file.parent / BOARD.name / "report.json", clock_mhz=50.0)
    words = ("report", file, "--board", BOARD.name, "--no-adders")
    result = command(*words)
    assert "on a clock of 50 MHz, and the page for one of 25: use --clock 50" in result.stderr
    page = file.parent / "report.html"
    assert 'id="built"' not in page.read_text()
    assert command(*words, "--clock", "50").returncode == 0
    assert 'id="built"' in page.read_text()


def test_styles_can_be_given(command: Command, file: Path) -> None:
    words = ("--board", BOARD.name, "--no-adders", "--style", "fc1=serial:4")
    assert command("report", file, *words).returncode == 0
    assert "<td>serial:4</td>" in (file.parent / "report.html").read_text()


def test_a_product_of_matrices_is_shown_with_what_was_built(
    command: Command, tmp_path: Path
) -> None:
    core = tmp_path / "core.spn"
    save(product_network(STRASSEN, name="core"), core)
    assert command("report", core).returncode == 0
    result = command("report", core, "--board", BOARD.name)
    assert result.returncode == 2
    assert "is a product of matrices, which has one style and no plan" in result.stderr
    made = write_report(tmp_path / "report.json", network=digest(load(core)))
    result = command("report", core, "--board", BOARD.name, "--built", made)
    assert result.returncode == 0, result.stderr
    assert 'id="built"' in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--board", "ulx3s"), "there is no board 'ulx3s': did you mean ulx3s-"),
        (("--board", "arty-a7-35"), "a device of Xilinx, whose tools alone say"),
        (("--board", BOARD.name, "--style", "fc9=serial"), "no sum-product layer 'fc9'"),
        (("--board", BOARD.name, "--built", "none.json"), "cannot read none.json"),
        (("--built", "none.json"), "--built is about a board: name it with --board"),
        (("--style", "serial"), "--style is about a board: name it with --board"),
        (("--clock", "50"), "--clock is about a board: name it with --board"),
        (("--dsp", "0"), "--dsp is about a board: name it with --board"),
        (("--beside", "nowhere"), "cannot read nowhere"),
        (("--out", "nowhere/page.html"), "cannot write nowhere/page.html: No such file"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    command: Command, file: Path, words: tuple[str, ...], message: str
) -> None:
    result = command("report", file, *words)
    assert result.returncode == 2
    assert message in result.stderr
    assert [path.name for path in file.parent.iterdir()] == ["network.spn"]


def test_what_is_no_page_is_not_overwritten(command: Command, file: Path) -> None:
    before = file.read_bytes()
    result = command("report", file, "--out", file, "--no-adders")
    assert result.returncode == 2
    assert f"{file} is there and no page" in result.stderr
    assert file.read_bytes() == before


def test_files_beside_that_are_no_use_are_left_out_and_told(command: Command, file: Path) -> None:
    (file.parent / "sim.json").write_text("[1")
    (file.parent / "metrics.json").write_text("{}")
    result = command("report", file, "--no-adders")
    assert result.returncode == 0
    for name in ("sim.json", "metrics.json"):
        assert f"note: {file.parent / name}" in result.stderr
    assert result.stderr.count("it was left out") == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "0" * 64}, "is of another network"),
        ({"board": "icebreaker"}, "is of a bitstream for icebreaker, and the page for ulx3s-25f"),
    ],
)
def test_a_named_bitstream_of_something_else_is_refused(
    command: Command, file: Path, tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    made = write_report(tmp_path / "report.json", **changes)
    result = command("report", file, "--board", BOARD.name, "--built", made)
    assert result.returncode == 2
    assert message in result.stderr


def test_a_file_that_is_no_network_is_refused(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "network.spn"
    path.write_bytes(b"not a network")
    result = command("report", path)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "report.html").exists()
