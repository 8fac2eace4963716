"""`mulbudget infer`, on a pseudo-terminal with a board at its other end."""

import os
import select
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mulbudget.boards.frame import Decoder, Info, Kind, encode
from mulbudget.spn import Network, load, save
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
    assert "50 of 50 bit-exact" in result.stdout
    assert np.load(out).tolist() == load(network).run(np.load(samples)).tolist()


def test_a_difference_is_shown_and_exits_1(
    command: Command, board: Start, network: Path, samples: Path, tmp_path: Path
) -> None:
    words = ["infer", "--port", board(example(), offset=1), "--input", samples]
    result = command(*words, "--output", tmp_path / "y.npy", "--network", network)
    assert result.returncode == 1
    assert "0 of 50 bit-exact" in result.stdout
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
