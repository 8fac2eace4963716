"""Arrays of integers from and to .npy files."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mulbudget.spn import UserError
from mulbudget.spn.files import read_whole, write_whole


def read_array(path: Path) -> npt.NDArray[np.integer]:
    """The array of a .npy file; `UserError` when the file cannot be read or holds no array."""
    content = io.BytesIO(read_whole(path))
    try:
        array = np.load(content, allow_pickle=False)
    except (ValueError, EOFError, MemoryError, OSError) as error:
        raise UserError(f"{path} is no .npy file of numbers, or it is truncated") from error
    if not isinstance(array, np.ndarray):
        raise UserError(f"{path} holds several arrays: save the one to use with numpy.save")
    return array


def write_array(path: Path, array: npt.NDArray[np.integer]) -> None:
    """Write a .npy file, whole or not at all; `UserError` when it cannot be written."""
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    write_whole(path, content.getvalue())
