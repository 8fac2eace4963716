"""CIFAR-10 in its binary batches: records of a label and the planes of 32 x 32 pixels."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mulbudget.spn import UserError
from mulbudget.spn.files import read_whole
from mulbudget.train.dataset import CLASSES, NotAtHandError

Bytes = npt.NDArray[np.uint8]

FOLDER = "cifar-10-batches-bin"
"""As the archive of the data set unpacks."""
_TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_TEST = ("test_batch.bin",)
_IMAGE = (3, 32, 32)
_RECORD = 1 + 3 * 32 * 32


def arrays(data_dir: Path | None) -> list[Bytes]:
    """Images (samples, 3, 32, 32) and labels for training, and both for testing.

    Parameters
    ----------
    data_dir : Path or None
        Folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin, or with a folder
        cifar-10-batches-bin that has them.

    Raises
    ------
    NotAtHandError
        When there is no such folder.
    UserError
        When a file is missing or damaged.
    """
    folders = (
        [] if data_dir is None else [data_dir, data_dir / FOLDER, data_dir / "cifar10" / FOLDER]
    )
    folder = next((each for each in folders if any(each.glob("*_batch*.bin"))), None)
    if folder is None:
        where = "it is not at hand" if data_dir is None else f"{data_dir} does not have it"
        raise NotAtHandError(
            f"CIFAR-10 is needed, and {where}: unpack its binary version, and name the folder that "
            f"holds {FOLDER} with --data or in MULBUDGET_DATA"
        )
    parts = [_read([folder / name for name in names]) for names in (_TRAIN, _TEST)]
    return [array for images, labels in parts for array in (images, labels)]


def _read(paths: list[Path]) -> tuple[Bytes, Bytes]:
    records = np.concatenate([_batch(path) for path in paths])
    return records[:, 1:].reshape(-1, *_IMAGE), records[:, 0]


def _batch(path: Path) -> Bytes:
    """(records, label and pixels)."""
    content = read_whole(path)
    if not content or len(content) % _RECORD:
        raise UserError(
            f"{path} has {len(content):,} bytes, and records of CIFAR-10 have {_RECORD:,} each: it "
            "is truncated or another file; unpack it again"
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    worst = int(records[:, 0].max())
    if worst >= CLASSES:
        raise UserError(
            f"the labels of {path} go up to {worst}, not {CLASSES - 1}: it is no batch of CIFAR-10"
        )
    return records
