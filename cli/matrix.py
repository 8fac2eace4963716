"""Matrices of integers from .csv, .csv.gz and .npy files."""

import gzip
import io
import re
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mulbudget.cli.arrays import read_array
from mulbudget.spn import UserError
from mulbudget.spn.files import read_whole

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*", re.ASCII)
_LARGEST_TEXT = 1 << 26
"""Bytes; a few hundred may unpack to gigabytes."""


def read_matrix(path: Path) -> npt.NDArray[np.generic]:
    """The matrix of a file, as its name ends: a .csv file has a row of integers a line.

    Of a .npy file the entries may be anything but objects.

    Raises
    ------
    UserError
        When the file cannot be read, or holds no matrix.
    """
    name = path.name.lower()
    if name.endswith(".npy"):
        return _with_two_axes(path)
    if name.endswith((".csv", ".csv.gz")):
        return np.array(_rows(path, _text(path, packed=name.endswith(".gz"))), np.int64)
    raise UserError(f"{path} is of no known kind: give a .csv, .csv.gz or .npy file")


def _with_two_axes(path: Path) -> npt.NDArray[np.generic]:
    array = read_array(path)
    if array.ndim != 2 or not array.size:
        raise UserError(
            f"{path} holds an array of shape {array.shape}: a matrix has rows and columns"
        )
    return array


def _text(path: Path, *, packed: bool) -> str:
    content = read_whole(path)
    if packed:
        try:
            with gzip.open(io.BytesIO(content)) as file:
                content = file.read(_LARGEST_TEXT + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise UserError(f"{path} is no gzip file, or it is truncated: pack it again") from error
    if len(content) > _LARGEST_TEXT:
        raise UserError(f"{path} has more than {_LARGEST_TEXT >> 20} MiB of text: split the matrix")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no UTF-8 text: save the matrix as CSV") from error


def _rows(path: Path, text: str) -> list[list[int]]:
    """The rows of a text; empty lines at its end are none."""
    lines = io.StringIO(text.rstrip(), newline=None).read().split("\n")
    if lines == [""]:
        raise UserError(f"{path} is empty: write a row of integers a line, separated by commas")
    rows = [_row(path, number, line) for number, line in enumerate(lines, 1)]
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise UserError(
                f"{path} has {len(row)} columns in row {number}, and {len(rows[0])} in row 1: "
                "write as many in each"
            )
    return rows


def _row(path: Path, number: int, line: str) -> list[int]:
    values = line.split(",")
    for column, value in enumerate(values, 1):
        if not _INTEGER.fullmatch(value):
            raise UserError(
                f"{path} has {value[:24]!r} in row {number}, column {column}: "
                "write integers of at most 18 digits, separated by commas"
            )
    return [int(value) for value in values]
