"""`mulbudget adders` prints what a graph of a matrix takes, and writes its hardware and drawing."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pytest

from mulbudget.hw.adders import least_depth, lower_bound, optimize
from mulbudget.hw.families import FAMILIES, find_family
from mulbudget.sim.circuit import run_ports
from mulbudget.spn import Range
from tests.cli.conftest import Command, chunks

MATRIX = np.array([[1, 2, 3, -4], [5, 0, 7, 8], [7, 7, -3, 1], [0, 0, 0, 0], [-5, 0, -7, -8]])
"""With a row of zeros, and one that is another's negative."""

REPEATABLE = ("--iterations", 300)


@pytest.fixture
def matrix(tmp_path: Path) -> Path:
    path = tmp_path / "matrix.csv"
    np.savetxt(path, MATRIX, fmt="%d", delimiter=",")
    return path


NAMES = (
    *("inputs x outputs", "non-zeros", "naive adders", "adders", "saved", "lower bound, proven"),
    *("depth", "least possible depth"),
)


def cells(printed: str) -> dict[str, str]:
    """The table's values by their names."""
    lines = printed.splitlines()
    return {
        name: line.removeprefix(name).strip()
        for name in NAMES
        for line in lines
        if line.startswith(f"{name} ")
    }


def simulated(
    path: Path, x: npt.NDArray[np.int64], latency: int, signed: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """The outputs of the Verilog for a sample a clock; inputs of 8 bits, some outputs signed."""
    declared = re.findall(
        r"^  (?:input|output) (?:\[(\d+):0\] )?([io]\d+);", path.read_text(), re.M
    )
    ports = {name: int(top or 0) + 1 for top, name in declared}
    inputs, outputs = (
        sorted((name for name in ports if name[0] == kind), key=lambda name: int(name[1:]))
        for kind in "io"
    )
    texts = {path.name: path.read_text()}
    y = run_ports(path.stem, texts, inputs, outputs, x & 255, latency)
    tops = np.array([1 << (ports[name] - 1) for name in outputs])
    return np.where(signed & (y >= tops), y - 2 * tops, y)


def test_the_table_is_of_the_graph_that_is_found(command: Command, matrix: Path) -> None:
    result = command("adders", matrix, *REPEATABLE)
    assert result.returncode == 0, result.stderr
    assert (result.stdout.splitlines()[0].strip(), result.stderr) == (
        "adder graph of matrix.csv",
        "",
    )
    graph = optimize(MATRIX, iterations=300)
    shown = cells(result.stdout)
    # Signed digits: 1, 2, 4 - 1, 4; 4 + 1, 8 - 1, 8; 8 - 1, 8 - 1, 4 - 1, 1; none; 4 + 1, 8 - 1, 8.
    naive = (5 - 1) + (5 - 1) + (7 - 1) + (5 - 1)
    assert shown["inputs x outputs"] == "4 x 5"
    assert shown["non-zeros"] == "14"
    assert shown["naive adders"] == str(naive)
    assert shown["adders"] == str(graph.adders)
    assert shown["saved"] == f"{1 - graph.adders / naive:.1%}"
    assert shown["lower bound, proven"] == str(lower_bound(MATRIX))
    assert shown["depth"] == str(graph.depth)
    assert shown["least possible depth"] == str(least_depth(MATRIX))


def test_rows_may_be_inputs(command: Command, matrix: Path) -> None:
    shown = cells(command("adders", matrix, "--rows-are-inputs", *REPEATABLE).stdout)
    assert (shown["inputs x outputs"], shown["lower bound, proven"]) == (
        "5 x 4",
        str(lower_bound(MATRIX.T)),
    )


def test_options_reach_the_search(command: Command, matrix: Path) -> None:
    options = ("--iterations", 200, "--seed", 5, "--max-depth", 3, "--threads", 2)
    shown = cells(command("adders", matrix, *options).stdout)
    graph = optimize(MATRIX, iterations=200, seed=5, max_depth=3, threads=2)
    assert (shown["adders"], shown["depth"]) == (str(graph.adders), "3")


def test_with_a_family_the_search_is_for_its_luts(command: Command, matrix: Path) -> None:
    inputs = ("--input-bits", 3, "--unsigned")
    result = command("adders", matrix, *REPEATABLE, "--family", "ecp5", *inputs)
    graph = optimize(
        MATRIX, iterations=300, family=find_family("ecp5"), x=Range.uniform(0, 7, MATRIX.shape[1])
    )
    shown = cells(result.stdout)
    assert (shown["adders"], shown["depth"]) == (str(graph.adders), str(graph.depth))


@pytest.mark.parametrize("names", [[], ["gw2a"]])
def test_the_estimates_are_those_of_the_graph(
    command: Command, matrix: Path, names: list[str]
) -> None:
    options = [word for name in names for word in ("--family", name)]
    inputs = ("--input-bits", 5, "--unsigned", "--levels-per-stage", 1)
    result = command("adders", matrix, *REPEATABLE, *options, *inputs)
    x = Range.uniform(0, 31, 4)
    family = find_family(names[0]) if names else None
    graph = optimize(MATRIX, iterations=300, family=family, x=x)
    costs = {name: graph.cost(name, x, levels_per_stage=1) for name in names or FAMILIES}
    lines = [line.split() for line in result.stdout.splitlines()]
    shown = {words[0]: words[-2:] for words in lines if words and words[0] in FAMILIES}
    assert shown == {name: [str(each.luts), str(each.flip_flops)] for name, each in costs.items()}


def test_all_zeros_take_nothing(command: Command, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("0,0\n0,0\n")
    out = [*("--verilog", tmp_path / "m.v"), *("--svg", tmp_path / "m.svg")]
    result = command("adders", tmp_path / "m.csv", *REPEATABLE, *out)
    assert result.returncode == 0, result.stderr
    shown = cells(result.stdout)
    assert (shown["adders"], shown["saved"], shown["depth"]) == ("0", "0.0%", "0")


@pytest.mark.parametrize("options", [(), ("--unsigned", "--levels-per-stage", 1)])
@pytest.mark.parametrize("family", [(), ("--family", "ice40-up")])
def test_the_verilog_multiplies_by_the_matrix(
    command: Command, matrix: Path, tmp_path: Path, options: tuple[str], family: tuple[str]
) -> None:
    path = tmp_path / "sums.v"
    result = command("adders", matrix, *REPEATABLE, *options, *family, "--verilog", path)
    assert result.returncode == 0, result.stderr
    header = path.read_text().split("/*")[0].splitlines()
    size = f"5 outputs of 4 inputs, {cells(result.stdout)['adders']} adders"
    assert header[0].startswith(f"// sums: {size}, depth ")
    assert header[2:] == [
        "// o0 = i0 + 2 i1 + 3 i2 - 4 i3",
        "// o1 = 5 i0 + 7 i2 + 8 i3",
        "// o2 = 7 i0 + 7 i1 - 3 i2 + i3",
        "// o3 = 0",
        "// o4 = -5 i0 - 7 i2 - 8 i3",
    ]
    latency = int(re.findall(r"^// Latency (\d+) clocks, interval 1", "\n".join(header), re.M)[0])
    assert f"latency {latency} clocks, a sample every clock, written to {path}" in result.stdout
    low, high = (0, 255) if options else (-128, 127)
    x = np.random.default_rng(0).integers(low, high + 1, (200, 4))
    x[:2] = [[low] * 4, [high] * 4]
    signed = (MATRIX < 0 if options else MATRIX != 0).any(axis=1)
    assert isinstance(signed, np.ndarray)
    assert np.array_equal(simulated(path, x, latency, signed), x @ MATRIX.T)


def test_the_drawing_has_a_node_for_each_adder(
    command: Command, matrix: Path, tmp_path: Path
) -> None:
    result = command("adders", matrix, *REPEATABLE, "--svg", tmp_path / "graph.svg")
    assert f"drawn in {tmp_path / 'graph.svg'}" in result.stdout
    root = ElementTree.parse(tmp_path / "graph.svg").getroot()
    nodes = [each for each in root if each.get("class") == "adder"]
    assert str(len(nodes)) == cells(result.stdout)["adders"]
    title = root.findtext("{http://www.w3.org/2000/svg}title")
    assert title == f"matrix.csv: 5 outputs of 4 inputs, {len(nodes)} adders"


def test_the_same_search_writes_the_same_bytes(
    command: Command, matrix: Path, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        out = [*("--verilog", tmp_path / name / "m.v"), *("--svg", tmp_path / name / "m.svg")]
        assert command("adders", matrix, *REPEATABLE, *out).returncode == 0
    for file in ("m.v", "m.svg"):
        first, second = ((tmp_path / name / file).read_bytes() for name in ("first", "second"))
        assert first == second


INTERRUPTED = """
import os
import signal
import sys
import mulbudget.hw.adders as package
from mulbudget.cli.main import main

optimize = package.optimize

def interrupted(matrix, *, progress, **options):
    interrupts = iter([signal.SIGINT])
    def interrupt(done, adders):
        progress(done, adders)
        for each in interrupts:
            os.kill(os.getpid(), each)
    return optimize(matrix, progress=interrupt, **options)

package.optimize = interrupted
main()
"""
"""The command, with a Ctrl-C as soon as the search has begun."""


def test_ctrl_c_keeps_the_best_so_far(matrix: Path) -> None:
    words = [sys.executable, "-c", INTERRUPTED, "adders", matrix]
    timed = subprocess.run(
        [*words, "--seconds", "10000"], capture_output=True, text=True, check=False, timeout=120
    )
    assert timed.returncode == 0, timed.stderr
    assert timed.stdout.startswith("stopped early: the best so far\n")
    assert int(cells(timed.stdout)["adders"]) >= lower_bound(MATRIX)
    counted = subprocess.run(
        [*words, "--iterations", "100000"], capture_output=True, text=True, check=False
    )
    assert (counted.returncode, counted.stdout, counted.stderr) == (130, "", "")


def test_a_terminal_shows_how_far_the_search_is(matrix: Path) -> None:
    ours, its = pty.openpty()
    words = [sys.executable, "-m", "mulbudget.cli.main", "adders", str(matrix), "--seconds", "0.5"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=its) as process:
        os.close(its)
        shown = b"".join(chunks(ours))
    os.close(ours)
    assert process.returncode == 0
    assert b"searching" in shown
    assert re.search(rb"\d+ adders", shown)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "{file} is empty: write a row of integers a line, separated by commas"),
        ("1,2\n3\n", "{file} has 1 columns in row 2, and 2 in row 1: write as many in each"),
        (
            "1,2\n3,4.5\n",
            "{file} has '4.5' in row 2, column 2: "
            "write integers of at most 18 digits, separated by commas",
        ),
        (
            "1,2\n3,-32768\n",
            "{file} as 2 outputs of 2 inputs: entry [1, 1] is -32768, "
            "not an integer from -32767 to 32767",
        ),
    ],
)
def test_a_file_that_holds_no_matrix_is_one_sentence(
    command: Command, tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "m.csv"
    path.write_text(text)
    result = command("adders", path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"error: {sentence.format(file=path)}\n"


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.array([[0.5]]), "entry [0, 0] is 0.5, not an integer"),
        (np.array([[1, np.nan]]), "entry [0, 1] is nan, not an integer"),
        (np.array([[1, np.inf]]), "entry [0, 1] is inf, not an integer"),
        (np.array([[1j]]), "complex128 has no adder graph"),
        (np.array([["a"]]), "<U1 has no adder graph"),
        (np.array([[2**64 - 1]], np.uint64), "entry [0, 0] is 18446744073709551615, not"),
        (np.zeros((0, 3), int), "holds an array of shape (0, 3): a matrix has rows and columns"),
        (np.zeros(3, int), "holds an array of shape (3,): a matrix has rows and columns"),
        (np.array([[None]]), "is no .npy file of numbers"),
    ],
)
def test_an_array_that_is_no_matrix_is_one_sentence(
    command: Command, tmp_path: Path, array: npt.NDArray[np.generic], sentence: str
) -> None:
    np.save(tmp_path / "m.npy", array, allow_pickle=True)
    result = command("adders", tmp_path / "m.npy")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {tmp_path / 'm.npy'} ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--seconds", "0"], "a search of 0 seconds is not possible: use more than 0"),
        (["--seconds", "-1"], "a search of -1 seconds is not possible"),
        (["--seconds", "nan"], "a search of nan seconds is not possible"),
        (["--seconds", "inf"], "a search of inf seconds is not possible"),
        (["--iterations", "-1"], "Invalid value for '--iterations'"),
        (["--seed", "-1"], "Invalid value for '--seed'"),
        (["--threads", "0"], "Invalid value for '--threads'"),
        (["--max-depth", "-1"], "Invalid value for '--max-depth'"),
        (["--max-depth", "2"], "a depth of 2 is not possible: output 2 is a sum of 7 terms"),
        (["--input-bits", "0"], "Invalid value for '--input-bits'"),
        (["--input-bits", "33"], "Invalid value for '--input-bits'"),
        (["--levels-per-stage", "0"], "Invalid value for '--levels-per-stage'"),
        (["--family", "ecp6"], "there is no device family 'ecp6': choose from ecp5"),
        (["--verilog", "module.v"], "module name 'module' is a keyword of Verilog"),
        (["--verilog", "my-sums.v"], "module name 'my-sums' is not a letter followed by"),
        (["--verilog", "none/sums.v"], "cannot write none/sums.v: No such file or directory"),
        (["--svg", "none/sums.svg"], "cannot write none/sums.svg: No such file or directory"),
        (["--svg", "."], "cannot write .: Is a directory"),
        (["--svg", "matrix.csv"], "matrix.csv is named twice: write to another file"),
        (["--svg", "a.v", "--verilog", "./a.v"], "a.v is named twice: write to another file"),
    ],
)
def test_options_that_make_no_sense(
    command: Command,
    matrix: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(matrix.parent)
    # A search that nothing stops: what is wrong is found before it.
    endless = [] if "--seconds" in options else ["--seconds", "10000"]
    result = command("adders", matrix, *endless, *options)
    assert (result.returncode, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert [each.name for each in matrix.parent.iterdir()] == [matrix.name]
