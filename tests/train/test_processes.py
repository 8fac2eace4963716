"""Several processes learn what one does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from mulbudget.spn import UserError, load
from mulbudget.train import processes
from mulbudget.train.fit import Descent, Stage
from tests.train.conftest import TINY


def torchrun(count: int, *words: object) -> str:
    """Run a program by so many processes on this machine, and give what they print."""
    command = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        [sys.executable, *command, *map(str, words)],
        check=True,
        env=environment,
        timeout=300,
        stdout=subprocess.PIPE,
        text=True,
    )
    return result.stdout


def test_two_processes_learn_the_weights_that_one_learns(tmp_path: Path) -> None:
    script = Path(__file__).with_name("two_processes.py")
    for count in (1, 2):
        torchrun(count, script, tmp_path / f"{count}.pt")
    one, two = (torch.load(tmp_path / f"{count}.pt") for count in (1, 2))
    assert (one["count"], two["count"]) == (1, 2)
    assert one["weights"].keys() == two["weights"].keys()
    for name, values in one["weights"].items():
        assert torch.allclose(values, two["weights"][name], rtol=1e-3, atol=1e-4), name


def test_a_recipe_is_trained_by_two_processes_and_written_once(tmp_path: Path) -> None:
    settings = [word for each in TINY for word in ("--set", each)]
    words = ["-m", "mulbudget.cli.main", "train", "digits", *settings, "--out", tmp_path]
    assert torchrun(2, *words).count("written to") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "curve.png",
        "metrics.json",
        "network.spn",
    ]
    assert load(tmp_path / "network.spn").provenance["test_accuracy"] > 0.05


def test_one_process_is_all_there_is(generator: torch.Generator) -> None:
    module, x = nn.BatchNorm1d(3), torch.rand(4, 3, generator=generator)
    assert (processes.rank(), processes.count()) == (0, 1)
    assert processes.shared(module) is module
    assert torch.equal(processes.mean(x), x)
    assert torch.equal(processes.share(x), x)


def test_a_norm_over_all_processes_keeps_its_weights(generator: torch.Generator) -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    before = module.state_dict()
    x = torch.rand(4, 2, generator=generator)
    expected = module(x)
    module.load_state_dict(before)
    processes.globalize(module)
    assert isinstance(module[1], processes.GlobalNorm1d)
    assert torch.allclose(module(x), expected)
    assert module.state_dict().keys() == before.keys()


def test_a_batch_that_processes_cannot_share_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, generator: torch.Generator
) -> None:
    monkeypatch.setattr(processes, "count", lambda: 2)
    with pytest.raises(UserError, match="a batch of 3 samples is none of 2 equal parts"):
        Stage(
            name="x",
            module=nn.Linear(1, 1),
            epochs=1,
            descent=Descent(rate=1.0),
            samples=3,
            batch=3,
            generator=generator,
            draw=lambda *_: (),
            loss=lambda *_: torch.zeros(()),
            accuracy=lambda: 0.0,
        )
