"""`mulbudget discover` prints the algorithm and what it takes, and writes its network."""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mulbudget.spn import find_product, load
from tests.cli.conftest import Command, chunks


def test_an_algorithm_is_found_printed_and_written(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "product.spn"
    result = command("discover", 2, 2, 2, "--rank", 7, "--seconds", 30, "--out", path)
    assert result.returncode == 0 and not result.stderr, result.stderr
    network = load(path)
    scheme = find_product(network).scheme
    assert (network.name, scheme.r, network.provenance["additions"]) == ("product2x2x2", 7, 15)
    assert len(re.findall(r"^m[1-7] = .*a.*b", result.stdout, re.M)) == 7
    assert len(re.findall(r"^c[12][12] = ", result.stdout, re.M)) == 4
    assert "7 of 8, 12.5% saved" in result.stdout
    assert "15 (4 + 4 + 7 for A, B and C)" in result.stdout
    a, b = np.random.default_rng(0).integers(-128, 128, (2, 20, 2, 2))
    x = np.concatenate([a.reshape(20, 4), b.reshape(20, 4)], axis=1)
    assert (network.run(x).reshape(20, 2, 2) == a @ b).all()


def test_ctrl_c_gives_the_best_so_far(tmp_path: Path) -> None:
    path = tmp_path / "product.spn"
    words = ["discover", "1", "2", "2", "--rank", "4", "--seconds", "100", "--out", str(path)]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "mulbudget.cli.main", *words],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    )
    os.close(theirs)
    told = False
    for shown in chunks(ours):
        if b"4 products" in shown and not told:  # there is something to keep
            process.send_signal(signal.SIGINT)
            told = True
    out, _ = process.communicate(timeout=600)
    assert told
    assert process.returncode == 0, out
    assert "4 of 4, 0.0% saved" in out and find_product(load(path)).scheme.r == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["2", "2", "2", "--rank", "6", "--seconds", "2"], "with 6 products was found"),
        (["2", "0", "2", "--rank", "6"], "sizes of 1 or more"),
        (["2", "2", "2", "--rank", "9"], "pointless"),
        (["2", "2", "2", "--rank", "7", "--seconds", "0"], "use more than 0"),
        (["2", "2", "2", "--rank", "7", "--out", "/nowhere/x.spn"], "/nowhere"),
    ],
)
def test_what_is_not_possible_is_one_sentence(
    command: Command, words: list[str], message: str
) -> None:
    result = command("discover", *words)
    assert result.returncode == 2 and message in result.stderr
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1


def test_rounds_give_the_same_file_again(command: Command, tmp_path: Path) -> None:
    words = ["discover", 1, 2, 2, "--rank", 4, "--rounds", 2, "--seed", 3]
    files = [tmp_path / f"{number}.spn" for number in range(2)]
    for file in files:
        result = command(*words, "--out", file)
        assert result.returncode == 0, result.stderr
    assert files[0].read_bytes() == files[1].read_bytes()
