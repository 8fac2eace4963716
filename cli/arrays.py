"""Arrays of integers from and to .npy files."""

import io
import tokenize
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mulbudget.spn import UserError
from mulbudget.spn.files import read_whole, write_whole

_DAMAGED = (ValueError, OverflowError, TypeError, SyntaxError, tokenize.TokenError, EOFError)
_DAMAGED += (MemoryError, RecursionError)
"""What numpy raises for a .npy file that is none: it parses the header as Python."""


def read_array(path: Path) -> npt.NDArray[np.integer]:
    """The array of a .npy file; `UserError` when the file cannot be read or holds no array."""
    content = io.BytesIO(read_whole(path))
    try:
        return np.lib.format.read_array(content, allow_pickle=False)
    except _DAMAGED as error:
        if zipfile.is_zipfile(content):
            sentence = f"{path} holds several arrays: save the one to use with numpy.save"
        else:
            sentence = f"{path} is no .npy file of numbers, or it is truncated"
        raise UserError(sentence) from error


def write_array(path: Path, array: npt.NDArray[np.integer]) -> None:
    """Write a .npy file, whole or not at all; `UserError` when it cannot be written."""
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    write_whole(path, content.getvalue())
