"""Checkpoints: written whole, at a bounded cost, loaded without running code."""

import pickle
from pathlib import Path

import pytest
import torch

from mulbudget.spn import UserError
from mulbudget.train.checkpoint import Checkpoint

STATE = {"stage": {"epoch": 3, "weights": torch.arange(4.0)}, "points": [("full", 0.5, 0.9)]}


def test_a_state_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    assert Checkpoint(path, "run").load() is None
    Checkpoint(path, "run").keep(STATE)
    loaded = Checkpoint(path, "run").load()
    assert loaded is not None
    assert loaded["stage"]["epoch"] == 3
    assert torch.equal(loaded["stage"]["weights"], torch.arange(4.0))
    assert Checkpoint(path, "another run").load() is None
    assert [each.name for each in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_writing_takes_a_small_share_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, writes = [100.0], []

    def write(*_: object) -> None:
        writes.append(now[0])
        now[0] += 1  # a slow disk

    monkeypatch.setattr("mulbudget.train.checkpoint.time.monotonic", lambda: now[0])
    monkeypatch.setattr("mulbudget.train.checkpoint.write_whole", write)
    checkpoint = Checkpoint(tmp_path / "checkpoint.pt", "run")
    for _ in range(100):
        checkpoint.keep(STATE)
        now[0] += 1  # an epoch
    assert len(writes) == pytest.approx(100 * 0.05, abs=1)
    last = len(writes)
    assert checkpoint.write()  # an interrupt
    assert len(writes) == last + 1


def test_nothing_is_written_before_the_first_epoch(tmp_path: Path) -> None:
    assert not Checkpoint(tmp_path / "checkpoint.pt", "run").write()
    assert not list(tmp_path.iterdir())


class Trap:
    """Something that a pickle would run."""

    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("trapped"),))


def damaged() -> dict[str, bytes]:
    return {"empty": b"", "text": b"hello", "code": pickle.dumps(Trap(), protocol=2)}


@pytest.mark.parametrize("kind", damaged())
def test_a_damaged_checkpoint_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(damaged()[kind])
    with pytest.raises(UserError, match="delete it to start anew"):
        Checkpoint(path, "run").load()
    assert not (tmp_path / "trapped").exists()


def test_a_truncated_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    Checkpoint(path, "run").keep(STATE)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match="delete it to start anew"):
        Checkpoint(path, "run").load()
