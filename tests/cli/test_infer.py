"""`mulbudget infer`, on a pseudo-terminal with a board at its other end."""

import os
import select
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mulbudget.boards.frame import Decoder, Info, Kind, encode
from mulbudget.spn import Network, load, product_network, save
from tests.algorithms import STRASSEN
from tests.cli.conftest import Command
from tests.networks import example

Start = Callable[..., str]


@pytest.fixture
def board() -> Iterator[Start]:
    """Start a board that holds a network; gives the name of its serial port."""
    ends: list[int] = []
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def start(network: Network, *, offset: int = 0) -> str:
        ours, theirs = os.openpty()
        ends.extend((ours, theirs))
        thread = threading.Thread(target=_serve, args=(ours, network, offset, stop))
        thread.start()
        threads.append(thread)
        return os.ttyname(theirs)

    yield start
    stop.set()
    for thread in threads:
        thread.join()
    for end in ends:
        os.close(end)


def _serve(port: int, network: Network, offset: int, stop: threading.Event) -> None:
    info, decoder = Info.of(network, 9), Decoder()
    while not stop.is_set():
        if not select.select([port], [], [], 0.1)[0]:
            continue
        for frame in decoder.feed(os.read(port, 4096)):
            if frame.kind == Kind.INFO:
                os.write(port, encode(Kind.INFO_REPLY, frame.tag, info.encode()))
            else:
                result = network.run([info.input.decode(frame.body)])[0] + offset
                body = info.output.encode(result)
                os.write(port, encode(Kind.INFER_REPLY, frame.tag, body))


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    path = tmp_path / "x.npy"
    np.save(path, np.random.default_rng(0).integers(0, 8, (50, 3)))
    return path


def test_it_writes_the_boards_results(
    command: Command, board: Start, network: Path, samples: Path, tmp_path: Path
) -> None:
    out = tmp_path / "y.npy"
    words = ["infer", "--port", board(example()), "--input", samples, "--output", out]
    result = command(*words, "--network", network)
    assert result.returncode == 0, result.stderr
    assert "50 of 50 samples bit-exact" in result.stdout
    assert np.load(out).tolist() == load(network).run(np.load(samples)).tolist()


def test_a_core_multiplies_matrices_of_any_size(
    command: Command, board: Start, tmp_path: Path
) -> None:
    core = product_network(STRASSEN, name="product")
    save(core, tmp_path / "core.spn")
    random = np.random.default_rng(0)
    a, b = random.integers(-128, 128, (5, 3)), random.integers(-128, 128, (3, 7), np.int8)
    words = matrices(tmp_path, a, b)
    result = command("infer", "--port", board(core), *words, "--network", tmp_path / "core.spn")
    assert result.returncode == 0, result.stderr
    assert "5x3 by 3x7 in 24 products 2x2 by 2x2 in" in result.stdout
    assert "5 of 5 rows bit-exact" in result.stdout
    assert (np.load(tmp_path / "c.npy") == a @ b).all()


def test_matrices_need_the_network_and_each_other(command: Command, tmp_path: Path) -> None:
    core = product_network(STRASSEN, name="product")
    save(core, tmp_path / "core.spn")
    words = matrices(tmp_path, np.ones((2, 3), int), np.ones((2, 2), int))
    network = ["--network", tmp_path / "core.spn"]
    for given, message in (
        (words, "--a and --b need --network"),
        (words[2:], "give either --input, or both --a and --b"),
        ([*words, *network], "A is 2x3 and B is 2x2: A must have as many columns as B has rows"),
    ):
        result = command("infer", "--port", "/dev/none", *given)
        assert result.returncode == 2
        assert message in result.stderr


def matrices(folder: Path, a: np.ndarray, b: np.ndarray) -> list[object]:
    np.save(folder / "a.npy", a)
    np.save(folder / "b.npy", b)
    paths = [folder / f"{name}.npy" for name in "abc"]
    return ["--a", paths[0], "--b", paths[1], "--output", paths[2]]


def test_a_difference_is_shown_and_exits_1(
    command: Command, board: Start, network: Path, samples: Path, tmp_path: Path
) -> None:
    words = ["infer", "--port", board(example(), offset=1), "--input", samples]
    result = command(*words, "--output", tmp_path / "y.npy", "--network", network)
    assert result.returncode == 1
    assert "0 of 50 samples bit-exact" in result.stdout
    assert "sample 0, output 0: expected" in result.stdout


def test_another_network_is_refused(
    command: Command, board: Start, samples: Path, tmp_path: Path
) -> None:
    held = example()
    save(Network("other", held.input, held.nodes), tmp_path / "other.spn")
    words = ["infer", "--port", board(held), "--input", samples]
    out = tmp_path / "y.npy"
    result = command(*words, "--output", out, "--network", tmp_path / "other.spn")
    assert result.returncode == 2
    assert "the board holds network" in result.stderr
    assert not out.exists()


def test_a_missing_port_is_one_sentence(command: Command, samples: Path, tmp_path: Path) -> None:
    out = tmp_path / "y.npy"
    result = command("infer", "--port", "/dev/none", "--input", samples, "--output", out)
    assert result.returncode == 2
    assert "cannot open serial port /dev/none" in result.stderr
    assert not out.exists()


def test_floats_are_refused(command: Command, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((2, 3)))
    words = ["--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy"]
    result = command("infer", "--port", "/dev/none", *words)
    assert result.returncode == 2
    assert "quantize the samples first" in result.stderr
