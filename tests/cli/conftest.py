"""The command, run as a user runs it."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mulbudget.spn import save
from tests.networks import example

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command() -> Command:
    """Run `mulbudget` with some arguments, and give what it printed."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "mulbudget.cli.main", *map(str, arguments)]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)

    return run


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """The example network in a file."""
    path = tmp_path / "network.spn"
    save(example(), path)
    return path


def chunks(terminal: int) -> Iterator[bytes]:
    """What is written to a terminal, until no one can write to it any more."""
    with contextlib.suppress(OSError):
        while chunk := os.read(terminal, 1 << 16):
            yield chunk
