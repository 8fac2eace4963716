"""The idx files that MNIST comes in, plain or compressed with gzip."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mulbudget.spn import UserError
from mulbudget.spn.files import read_whole

Bytes = npt.NDArray[np.uint8]

_UNSIGNED_BYTES = 8
"""The code of the only element type that is read."""


def find_idx(folder: Path, name: str) -> Path | None:
    """The file `name` or `name`.gz in `folder`; None when there is neither."""
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def read_idx(path: Path, axes: int) -> Bytes:
    """The array in an idx file.

    Parameters
    ----------
    path : Path
        Decompressed when it ends in .gz.
    axes : int
        How many the array has to have.

    Raises
    ------
    UserError
        When the file cannot be read, is damaged, or holds something else.
    """
    content = read_whole(path)
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise UserError(f"{path} is damaged ({error}): fetch it again") from error
    start = 4 + 4 * axes
    if len(content) < start or content[:2] != b"\0\0":
        raise UserError(f"{path} is no idx file: it does not start as one does")
    if content[2] != _UNSIGNED_BYTES or content[3] != axes:
        raise UserError(
            f"{path} holds {content[3]} axes of type {content[2]}, not {axes} of unsigned bytes "
            f"(type {_UNSIGNED_BYTES}): it is another file than its name says"
        )
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", axes, offset=4))
    if len(content) - start != math.prod(shape):
        raise UserError(
            f"{path} is damaged: it has {len(content) - start:,} bytes of data, and its shape "
            f"{shape} needs {math.prod(shape):,}; fetch it again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def idx_bytes(array: Bytes) -> bytes:
    """The content of an idx file that holds `array`."""
    header = bytes([0, 0, _UNSIGNED_BYTES, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()
