"""The data sets of the recipes as integers, without PyTorch: `mulbudget sim` reads them, too."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.spn import Range, Tensor
from mulbudget.train import cifar, mnist
from mulbudget.train.dataset import Dataset, NotAtHandError

Bytes = npt.NDArray[np.uint8]

_TEST_SHARE = 0.2


def load(
    name: str, *, seed: int, input_bits: int, data_dir: Path | None = None, fetch: bool = True
) -> Dataset:
    """The data set of this name.

    Parameters
    ----------
    name : "digits", "mnist" or "cifar10"
    seed : int
        Of the split into training and test set, where the data set has none of its own.
    input_bits : int
        Of a pixel: its lower bits are dropped.
    data_dir : Path, optional
        Folder with the files of MNIST or of CIFAR-10, or with a folder that has them: mnist, or
        cifar-10-batches-bin.
    fetch : bool
        Whether MNIST may come from the network when there is no `data_dir`.

    Raises
    ------
    NotAtHandError
        When there is none.
    UserError
        When a file of it is damaged.
    """
    if name not in _LOADERS:
        raise NotAtHandError(f"no data set {name!r} is known: there are {', '.join(_LOADERS)}")
    return _LOADERS[name](seed, input_bits, data_dir, fetch)


def test_set(
    provenance: Mapping[str, Any], data_dir: Path | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The test set that a network was measured on.

    Parameters
    ----------
    provenance : mapping
        Of the network: "dataset" (or "recipe" where they have one name), "seed", "input_bits".
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
    name = provenance.get("dataset", provenance.get("recipe"))
    seed, bits = provenance.get("seed"), provenance.get("input_bits")
    if not (isinstance(name, str) and isinstance(seed, int) and isinstance(bits, int)):
        raise NotAtHandError("the network does not say which recipe, seed and input_bits it is of")
    if not 1 <= bits <= 8 or not 0 <= seed < 2**32:
        raise NotAtHandError(f"the network's seed {seed} or input_bits {bits} is out of range")
    data = load(name, seed=seed, input_bits=bits, data_dir=data_dir, fetch=False)
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
        Tensor((1, 8, 8), 4 - shift, Range.uniform(0, high, 1)),
    )


def _mnist(seed: int, input_bits: int, data_dir: Path | None, fetch: bool) -> Dataset:  # noqa: ARG001 (as _digits)
    return _images(mnist.arrays(data_dir, fetch), input_bits)


def _cifar10(seed: int, input_bits: int, data_dir: Path | None, fetch: bool) -> Dataset:  # noqa: ARG001 (as _digits)
    return _images(cifar.arrays(data_dir), input_bits)


def _images(arrays: list[Bytes], input_bits: int) -> Dataset:
    """Of images (samples, height, width) or (samples, channels, height, width) with 8 bits."""
    images_train, y_train, images_test, y_test = arrays
    shape = (1, *images_train.shape[1:])[-3:]
    shift = 8 - input_bits
    return Dataset(
        _without_low_bits(images_train.reshape(-1, math.prod(shape)), shift),
        y_train.astype(np.int64),
        _without_low_bits(images_test.reshape(-1, math.prod(shape)), shift),
        y_test.astype(np.int64),
        Tensor(shape, input_bits, Range.uniform(0, 255 >> shift, shape[0])),
    )


def _without_low_bits(pixels: Bytes, bits: int) -> Bytes:
    return np.right_shift(pixels, np.uint8(bits))


_LOADERS: dict[str, Callable[[int, int, Path | None, bool], Dataset]] = {
    "digits": _digits,
    "mnist": _mnist,
    "cifar10": _cifar10,
}
