"""The data sets of the recipes as integers, without PyTorch: `mulbudget sim` reads them, too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.spn import Range, Tensor, UserError
from mulbudget.spn.files import make_folder, write_whole
from mulbudget.train.idx import find_idx, idx_bytes, read_idx

Bytes = npt.NDArray[np.uint8]

CLASSES = 10
"""Of both data sets."""

_TEST_SHARE = 0.2
_MNIST_TRAINING = 60_000
_MNIST_FILES = (
    ("train-images-idx3-ubyte", 3),
    ("train-labels-idx1-ubyte", 1),
    ("t10k-images-idx3-ubyte", 3),
    ("t10k-labels-idx1-ubyte", 1),
)
"""Names and numbers of axes."""


class NotAtHandError(UserError):
    """There is no such data set here; one that is here and damaged is another `UserError`."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images as integers, one row of pixels a sample, with their classes.

    Parameters
    ----------
    x_train, x_test : uint8, (samples, pixels)
    y_train, y_test : int64, (samples,)
    input : Tensor
        What a network on them takes: real values from 0 to 1.
    image : (int, int)
        Height and width.
    """

    x_train: Bytes
    y_train: npt.NDArray[np.int64]
    x_test: Bytes
    y_test: npt.NDArray[np.int64]
    input: Tensor
    image: tuple[int, int]


def load(
    recipe: str, *, seed: int, input_bits: int, data_dir: Path | None = None, fetch: bool = True
) -> Dataset:
    """The data set of a recipe.

    Parameters
    ----------
    recipe : "digits" or "mnist"
    seed : int
        Of the split into training and test set, where the data set has none of its own.
    input_bits : int
        Of a pixel: its lower bits are dropped.
    data_dir : Path, optional
        Folder with the files of MNIST, or with a folder mnist that has them.
    fetch : bool
        Whether MNIST may come from the network when there is no `data_dir`.

    Raises
    ------
    NotAtHandError
        When there is none.
    UserError
        When a file of it is damaged.
    """
    if recipe not in _LOADERS:
        raise NotAtHandError(f"no recipe {recipe!r} is known: its data set cannot be loaded")
    return _LOADERS[recipe](seed, input_bits, data_dir, fetch)


def test_set(
    provenance: Mapping[str, Any], data_dir: Path | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The test set that a network was measured on.

    Parameters
    ----------
    provenance : mapping
        Of the network: "recipe", "seed" and "input_bits".
    data_dir : Path, optional
        As for `load`.

    Returns
    -------
    x : int64, (samples, n_in)
    labels : int64, (samples,)

    Raises
    ------
    NotAtHandError
        When the network is of no recipe, or there is no data set.
    UserError
        When a file of the data set is damaged.
    """
    recipe = provenance.get("recipe")
    seed, bits = provenance.get("seed"), provenance.get("input_bits")
    if not (isinstance(recipe, str) and isinstance(seed, int) and isinstance(bits, int)):
        raise NotAtHandError("the network does not say which recipe, seed and input_bits it is of")
    if not 1 <= bits <= 8 or not 0 <= seed < 2**32:
        raise NotAtHandError(f"the network's seed {seed} or input_bits {bits} is out of range")
    data = load(recipe, seed=seed, input_bits=bits, data_dir=data_dir, fetch=False)
    return data.x_test.astype(np.int64), data.y_test


def _digits(seed: int, input_bits: int, data_dir: Path | None, fetch: bool) -> Dataset:  # noqa: ARG001 (as _mnist)
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    parts = train_test_split(x, y, test_size=_TEST_SHARE, stratify=y, random_state=seed)
    x_train, x_test = (np.asarray(part, dtype=np.uint8) for part in parts[:2])
    y_train, y_test = (np.asarray(part, dtype=np.int64) for part in parts[2:])
    # Pixels are 0 to 16: white alone would take a fifth bit, so with fewer it is the value below.
    bits = min(input_bits, 5)
    shift, high = max(4 - bits, 0), 16 if bits == 5 else (1 << bits) - 1
    return Dataset(
        np.minimum(_without_low_bits(x_train, shift), np.uint8(high)),
        y_train,
        np.minimum(_without_low_bits(x_test, shift), np.uint8(high)),
        y_test,
        Tensor((64,), 4 - shift, Range.uniform(0, high, 64)),
        (8, 8),
    )


def _mnist(seed: int, input_bits: int, data_dir: Path | None, fetch: bool) -> Dataset:  # noqa: ARG001 (as _digits)
    images_train, y_train, images_test, y_test = _mnist_arrays(data_dir, fetch)
    height, width = images_train.shape[1:]
    pixels = height * width
    shift = 8 - input_bits
    return Dataset(
        _without_low_bits(images_train.reshape(-1, pixels), shift),
        y_train.astype(np.int64),
        _without_low_bits(images_test.reshape(-1, pixels), shift),
        y_test.astype(np.int64),
        Tensor((pixels,), input_bits, Range.uniform(0, 255 >> shift, pixels)),
        (height, width),
    )


def _without_low_bits(pixels: Bytes, bits: int) -> Bytes:
    return np.right_shift(pixels, np.uint8(bits))


_LOADERS: dict[str, Callable[[int, int, Path | None, bool], Dataset]] = {
    "digits": _digits,
    "mnist": _mnist,
}


def _mnist_arrays(data_dir: Path | None, fetch: bool) -> list[Bytes]:
    folder = _mnist_folder(data_dir)
    if folder is None and data_dir is None and fetch:
        folder = _fetch_mnist()
    if folder is None:
        where = "it is not at hand" if data_dir is None else f"{data_dir} does not have it"
        names = ", ".join(name for name, _ in _MNIST_FILES)
        raise NotAtHandError(
            f"recipe mnist needs its data set, and {where}: put {names} (or the same with .gz) in "
            "a folder, and name it with --data or in MULBUDGET_DATA"
        )
    try:
        return _read_mnist(folder)
    except UserError as error:
        if data_dir is not None:
            raise
        raise UserError(f"{error}; delete {folder}, and training fetches all again") from error


def _mnist_folder(data_dir: Path | None) -> Path | None:
    """Where at least one of the files is; without `data_dir`, what was fetched before."""
    folders = [_fetched()] if data_dir is None else [data_dir, data_dir / "mnist"]
    for folder in folders:
        if any(find_idx(folder, name) for name, _ in _MNIST_FILES):
            return folder
    return None


def _read_mnist(folder: Path) -> list[Bytes]:
    arrays = []
    for name, axes in _MNIST_FILES:
        path = find_idx(folder, name)
        if path is None:
            raise UserError(f"{folder} has no {name} and no {name}.gz: recipe mnist needs it")
        arrays.append(read_idx(path, axes))
    for (name, _), images, labels in zip(_MNIST_FILES[::2], arrays[::2], arrays[1::2], strict=True):
        _check_part(f"{folder / name}", images, labels)
    if arrays[0].shape[1:] != arrays[2].shape[1:]:
        raise UserError(
            f"{folder}: training images of {arrays[0].shape[1:]} pixels and test images of "
            f"{arrays[2].shape[1:]} do not go together"
        )
    return arrays


def _check_part(where: str, images: Bytes, labels: Bytes) -> None:
    if len(images) != len(labels):
        raise UserError(
            f"{where} has {len(images):,} images for {len(labels):,} labels: the files do not "
            "belong together"
        )
    if not images.size:
        raise UserError(f"{where} has no images")
    if labels.max() >= CLASSES:
        raise UserError(f"the labels of {where} go up to {labels.max()}, not {CLASSES - 1}")


def _fetched() -> Path:
    """Where `_fetch_mnist` keeps the files, as scikit-learn keeps its own."""
    from sklearn.datasets import get_data_home

    return Path(get_data_home()) / "mulbudget-mnist"


def _fetch_mnist() -> Path:
    """Fetch MNIST, and keep it as the files that it otherwise comes in."""
    from sklearn.datasets import fetch_openml

    try:
        images, labels = fetch_openml(
            "mnist_784", version=1, as_frame=False, parser="liac-arff", return_X_y=True
        )
    except Exception as error:  # network, disk, parser: scikit-learn names none
        raise UserError(
            f"MNIST cannot be fetched ({error}): get its four idx files in another way, and name "
            "their folder with --data or in MULBUDGET_DATA"
        ) from error
    x = np.asarray(images).astype(np.uint8).reshape(-1, 28, 28)
    y = np.asarray(labels).astype(np.uint8)
    parts = (x[:_MNIST_TRAINING], y[:_MNIST_TRAINING], x[_MNIST_TRAINING:], y[_MNIST_TRAINING:])
    folder = make_folder(_fetched())
    for (name, _), array in zip(_MNIST_FILES, parts, strict=True):
        write_whole(folder / name, idx_bytes(array))
    return folder
