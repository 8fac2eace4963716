"""MNIST: its four idx files, from a folder or fetched once."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mulbudget.spn import UserError
from mulbudget.spn.files import make_folder, write_whole
from mulbudget.train.dataset import CLASSES, NotAtHandError
from mulbudget.train.idx import find_idx, idx_bytes, read_idx

Bytes = npt.NDArray[np.uint8]

_TRAINING = 60_000
_FILES = (
    ("train-images-idx3-ubyte", 3),
    ("train-labels-idx1-ubyte", 1),
    ("t10k-images-idx3-ubyte", 3),
    ("t10k-labels-idx1-ubyte", 1),
)
"""Names and numbers of axes."""


def arrays(data_dir: Path | None, fetch: bool) -> list[Bytes]:
    """Images (samples, 28, 28) and labels for training, and both for testing, as the files say.

    Parameters
    ----------
    data_dir : Path or None
        Folder with the files, or with a folder mnist that has them.
    fetch : bool
        Whether they may come from the network when there is no `data_dir`.

    Raises
    ------
    NotAtHandError
        When there is no such folder.
    UserError
        When a file is missing or damaged.
    """
    folder = _folder(data_dir)
    if folder is None and data_dir is None and fetch:
        folder = _fetch()
    if folder is None:
        where = "it is not at hand" if data_dir is None else f"{data_dir} does not have it"
        names = ", ".join(name for name, _ in _FILES)
        raise NotAtHandError(
            f"recipe mnist needs its data set, and {where}: put {names} (or the same with .gz) in "
            "a folder, and name it with --data or in MULBUDGET_DATA"
        )
    try:
        return _read(folder)
    except UserError as error:
        if data_dir is not None:
            raise
        raise UserError(f"{error}; delete {folder}, and training fetches all again") from error


def _folder(data_dir: Path | None) -> Path | None:
    """Where at least one of the files is; without `data_dir`, what was fetched before."""
    folders = [_fetched()] if data_dir is None else [data_dir, data_dir / "mnist"]
    for folder in folders:
        if any(find_idx(folder, name) for name, _ in _FILES):
            return folder
    return None


def _read(folder: Path) -> list[Bytes]:
    arrays = []
    for name, axes in _FILES:
        path = find_idx(folder, name)
        if path is None:
            raise UserError(f"{folder} has no {name} and no {name}.gz: recipe mnist needs it")
        arrays.append(read_idx(path, axes))
    for (name, _), images, labels in zip(_FILES[::2], arrays[::2], arrays[1::2], strict=True):
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
    """Where `_fetch` keeps the files, as scikit-learn keeps its own."""
    from sklearn.datasets import get_data_home

    return Path(get_data_home()) / "mulbudget-mnist"


def _fetch() -> Path:
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
    parts = (x[:_TRAINING], y[:_TRAINING], x[_TRAINING:], y[_TRAINING:])
    folder = make_folder(_fetched())
    for (name, _), array in zip(_FILES, parts, strict=True):
        write_whole(folder / name, idx_bytes(array))
    return folder
