"""Data sets: their shapes, their splits, and what is said when one is not at hand."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mulbudget.spn import UserError
from mulbudget.train import data as data_sets
from mulbudget.train.data import load
from mulbudget.train.idx import idx_bytes

IMAGES = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4) * 2
LABELS = np.array([0, 1, 2, 3, 4, 9], dtype=np.uint8)
TRAIN, TEST = "train-images-idx3-ubyte", "t10k-images-idx3-ubyte"
FILES = {
    TRAIN: IMAGES,
    "train-labels-idx1-ubyte": LABELS,
    TEST: IMAGES[::-1],
    "t10k-labels-idx1-ubyte": LABELS[::-1],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images in MNIST's files, some of them compressed."""
    for name, array in FILES.items():
        content = idx_bytes(np.ascontiguousarray(array))
        if "train" in name:
            (tmp_path / name).write_bytes(content)
        else:
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
    return tmp_path


def test_the_digits_are_split_evenly_by_the_seed() -> None:
    data = load("digits", seed=3, input_bits=5)
    assert data.x_train.shape == (1437, 64)
    assert data.x_test.shape == (360, 64)
    assert data.x_train.max() == 16 == data.input.range.high[0]
    counts = np.bincount(data.y_test)
    assert counts.min() >= 34
    assert counts.max() <= 38
    again, other = load("digits", seed=3, input_bits=5), load("digits", seed=4, input_bits=5)
    assert (again.x_test == data.x_test).all()
    assert (other.x_test != data.x_test).any()


@pytest.mark.parametrize("recipe", ["digits", "mnist"])
@pytest.mark.parametrize("bits", [1, 4, 8])
def test_pixels_keep_their_upper_bits_and_stand_for_0_to_1(
    folder: Path, recipe: str, bits: int
) -> None:
    data = load(recipe, seed=0, input_bits=bits, data_dir=folder)
    high = data.input.range.high[0]
    assert data.x_train.max() <= high < 2**bits
    assert 0.5 <= high * 2.0**-data.input.fraction <= 1


def test_mnist_is_read_as_it_stands_in_the_files(folder: Path) -> None:
    data = load("mnist", seed=0, input_bits=8, data_dir=folder)
    assert (data.x_train == IMAGES.reshape(6, 16)).all()
    assert (data.x_test == IMAGES[::-1].reshape(6, 16)).all()
    assert list(data.y_train) == list(LABELS)
    assert data.input.shape == (1, 4, 4)


def test_a_folder_mnist_inside_is_found(folder: Path, tmp_path: Path) -> None:
    inside = tmp_path / "mnist"
    inside.mkdir()
    for path in list(folder.glob("*idx*")):
        path.rename(inside / path.name)
    assert len(load("mnist", seed=0, input_bits=4, data_dir=folder).x_train) == 6


def test_the_real_mnist_is_whole(data_dir: Path) -> None:
    x, labels = data_sets.test_set({"recipe": "mnist", "seed": 0, "input_bits": 4}, data_dir)
    assert x.shape == (10_000, 784)
    assert x.dtype == np.int64
    assert (x.min(), x.max()) == (0, 15)
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_the_test_set_is_the_one_that_was_trained_against() -> None:
    provenance = json.loads(json.dumps({"recipe": "digits", "seed": 7, "input_bits": 3}))
    x, labels = data_sets.test_set(provenance)
    data = load("digits", seed=7, input_bits=3)
    assert (x == data.x_test).all()
    assert (labels == data.y_test).all()


@pytest.mark.parametrize(
    ("provenance", "sentence"),
    [
        ({}, "does not say which recipe"),
        ({"recipe": "digits", "seed": "0", "input_bits": 5}, "does not say which recipe"),
        ({"recipe": "cifar", "seed": 0, "input_bits": 5}, "no data set 'cifar'"),
        ({"recipe": "digits", "seed": -1, "input_bits": 5}, "out of range"),
        ({"recipe": "digits", "seed": 0, "input_bits": 9}, "out of range"),
    ],
)
def test_a_network_of_no_recipe_has_no_test_set(
    provenance: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        data_sets.test_set(provenance)


def test_a_test_set_that_is_not_at_hand_is_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    with pytest.raises(UserError, match="it is not at hand: put train-images-idx3-ubyte"):
        data_sets.test_set({"recipe": "mnist", "seed": 0, "input_bits": 4})


def test_without_files_mnist_is_fetched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def fetch(name: str, **_: object) -> tuple[np.ndarray, np.ndarray]:
        calls.append(name)
        labels = np.arange(60_003) % 10
        return np.full((60_003, 784), 200.0), labels.astype(str).astype(object)

    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    for _ in range(2):
        data = load("mnist", seed=0, input_bits=4)
        assert data.x_train.shape == (60_000, 784)
        assert data.x_test.shape == (3, 784)
        assert data.y_test.tolist() == [0, 1, 2]
        assert data.x_test.max() == 200 >> 4
    assert calls == ["mnist_784"]


def test_a_fetch_without_network_names_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    with pytest.raises(UserError, match=r"no route to host.*--data or in MULBUDGET_DATA"):
        load("mnist", seed=0, input_bits=4)


@pytest.mark.parametrize(
    ("name", "array", "sentence"),
    [
        (TRAIN, None, f"has no {TRAIN} and no"),
        (TRAIN, IMAGES[:5], "has 5 images for 6 labels"),
        (TRAIN, IMAGES[:, :3], "do not go together"),
        ("train-labels-idx1-ubyte", LABELS + 1, "go up to 10, not 9"),
        ("train-labels-idx1-ubyte", LABELS[:, None], "holds 2 axes"),
    ],
)
def test_files_that_do_not_fit_are_one_sentence(
    folder: Path, name: str, array: np.ndarray | None, sentence: str
) -> None:
    (folder / name).unlink()
    if array is not None:
        (folder / name).write_bytes(idx_bytes(np.ascontiguousarray(array)))
    with pytest.raises(UserError, match=sentence):
        load("mnist", seed=0, input_bits=4, data_dir=folder)


def test_a_folder_without_images_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere does not have it"):
        load("mnist", seed=0, input_bits=4, data_dir=tmp_path / "nowhere")
    for kind, axes in (("images-idx3", 3), ("labels-idx1", 1)):
        empty = np.zeros((0, *(4, 4)[: axes - 1]), np.uint8)
        (folder / f"train-{kind}-ubyte").write_bytes(idx_bytes(empty))
    with pytest.raises(UserError, match="has no images"):
        load("mnist", seed=0, input_bits=4, data_dir=folder)


def test_data_sets_are_read_without_pytorch() -> None:
    script = "import sys, mulbudget.train.data as d; d.load('digits', seed=0, input_bits=5)"
    words = [sys.executable, "-c", script + "; print('torch' in sys.modules)"]
    result = subprocess.run(words, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
