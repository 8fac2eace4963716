"""CIFAR-10's binary batches, made here."""

from pathlib import Path

import numpy as np
import pytest

from mulbudget.spn import UserError
from mulbudget.train import data as data_sets
from mulbudget.train.cifar import FOLDER
from mulbudget.train.data import load
from mulbudget.train.dataset import NotAtHandError

NAMES = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two records a batch."""
    inside = tmp_path / FOLDER
    inside.mkdir()
    random = np.random.default_rng(0)
    for name in NAMES:
        records = random.integers(0, 256, (2, 3073)).astype(np.uint8)
        records[:, 0] %= 10
        (inside / name).write_bytes(records.tobytes())
    return tmp_path


@pytest.mark.parametrize("inside", [False, True])
def test_records_are_planes_of_pixels_behind_a_label(folder: Path, inside: bool) -> None:
    data = load("cifar10", seed=0, input_bits=8, data_dir=folder / FOLDER if inside else folder)
    assert data.input.shape == (3, 32, 32)
    assert (data.x_train.shape, data.x_test.shape) == ((10, 3072), (2, 3072))
    last = (folder / FOLDER / "test_batch.bin").read_bytes()
    assert data.y_test.tolist() == [last[0], last[3073]]
    assert data.x_test[1].tobytes() == last[3074:]
    assert data.input.range.ends == [(0, 255)] * 3


def test_the_test_set_of_a_network(folder: Path) -> None:
    provenance = {"recipe": "cifar10-small", "dataset": "cifar10", "seed": 0, "input_bits": 4}
    x, labels = data_sets.test_set(provenance, folder)
    assert x.shape == (2, 3072) and x.max() <= 15 and len(labels) == 2


def test_a_folder_without_it_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotAtHandError, match=f"does not have it: unpack .* {FOLDER} with --data"):
        load("cifar10", seed=0, input_bits=8, data_dir=tmp_path)
    with pytest.raises(NotAtHandError, match="it is not at hand"):
        load("cifar10", seed=0, input_bits=8)


@pytest.mark.parametrize("name", [NAMES[2], NAMES[5]])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\0" * 3000, "has 3,000 bytes, and records of CIFAR-10 have 3,073 each"),
        (b"", "has 0 bytes"),
        (b"\x0b" + b"\0" * 3072, "labels of .* go up to 11, not 9"),
        (None, "No such file"),
    ],
)
def test_a_damaged_batch_is_one_sentence(
    folder: Path, name: str, content: bytes | None, message: str
) -> None:
    path = folder / FOLDER / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        load("cifar10", seed=0, input_bits=8, data_dir=folder)
