"""Published schemes from JSON files."""

import gzip
import io
import zlib
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from mulbudget.spn import Scheme, UserError
from mulbudget.spn.files import read_whole
from mulbudget.spn.scheme import Ternary, check_size

_LARGEST_TEXT = 1 << 26
"""Bytes; a few hundred may unpack to gigabytes."""
_LONGEST_NAME = 200
_LISTED = 12
"""Names that a message lists at most."""

_Small = Annotated[int, msgspec.Meta(ge=-100, le=100)]
_Rows = list[list[_Small]]


class _Line(msgspec.Struct):
    """A line of a file with a scheme each: vec is row by row, and Wc is (k * n, rank)."""

    name: Annotated[str, msgspec.Meta(max_length=_LONGEST_NAME)]
    shape: tuple[int, int, int]
    rank: int
    wa: _Rows = msgspec.field(name="Wa")
    wb: _Rows = msgspec.field(name="Wb")
    wc: _Rows = msgspec.field(name="Wc")

    def scheme(self) -> Scheme:
        return _scheme(self.shape, self.rank, self.wa, self.wb, self.wc)


class _Flip(msgspec.Struct):
    """A file of dronperminov/FastMatrixMultiplication: w is (m, ...), of C transposed."""

    n: tuple[int, int, int]
    m: int
    u: _Rows
    v: _Rows
    w: _Rows
    z2: bool = False

    def scheme(self) -> Scheme:
        if self.z2:
            raise UserError("it is exact modulo 2 only (z2 is true): take one over the integers")
        k, _, n = self.n
        check_size(*self.n)
        w = _matrix("w", self.w)
        if w.shape != (self.m, k * n):
            raise UserError(f"w has shape {w.shape}, and {self.m} products need {(self.m, k * n)}")
        wc = w.reshape(self.m, n, k).transpose(2, 1, 0).reshape(k * n, self.m)
        return _scheme(self.n, self.m, self.u, self.v, wc.tolist())


def read_scheme(path: Path, name: str | None = None) -> tuple[str, Scheme]:
    """A scheme of a file, and its name.

    The file has a JSON object in each line, with "name", "shape" [k, m, n], "rank", "Wa" (rank, k *
    m), "Wb" (rank, m * n) and "Wc" (k * n, rank), vec being row by row; or it is of those of the
    repository dronperminov/FastMatrixMultiplication, one object with "n" [k, m, n], "m" the rank,
    "u", "v" and "w", the last of C transposed, and is named like the file. Either may be packed, in
    a file that ends in .gz.

    Parameters
    ----------
    path : Path
    name : str, optional
        Which scheme, where the file holds several.

    Raises
    ------
    UserError
        When the file cannot be read, holds no such scheme or several without a name, or the scheme
        is not exact, not ternary, or of other shapes than it says.
    """
    found = _records(path, _text(path))
    names = [each for each, _ in found]
    if name is None and len(found) > 1:
        raise UserError(f"{path} holds {len(found)} schemes: choose one with --name: {_few(names)}")
    if name is not None and name not in names:
        raise UserError(f"{path} holds no scheme {name!r}: it has {_few(names)}")
    title, record = found[0 if name is None else names.index(name)]
    try:
        return title, record.scheme()
    except UserError as error:
        raise UserError(f"{path}, scheme {title}: {error}") from error


def _text(path: Path) -> bytes:
    content = read_whole(path)
    if path.name.lower().endswith(".gz"):
        try:
            with gzip.open(io.BytesIO(content)) as file:
                content = file.read(_LARGEST_TEXT + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise UserError(f"{path} is no gzip file, or it is truncated: pack it again") from error
    if len(content) > _LARGEST_TEXT:
        raise UserError(f"{path} has more than {_LARGEST_TEXT >> 20} MiB of text: split it")
    return content


def _records(path: Path, text: bytes) -> list[tuple[str, _Line | _Flip]]:
    """What a text holds, not looked at closely yet, with names."""
    try:
        alone = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        alone = None
    try:
        if isinstance(alone, dict) and "u" in alone:
            title = path.name.removesuffix(".gz").removesuffix(".json")
            return [(title, msgspec.json.decode(text, type=_Flip))]
    except msgspec.DecodeError as error:
        raise UserError(f"{path} holds no scheme: {error}") from error
    found: list[tuple[str, _Line | _Flip]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, RecursionError) as error:
            raise UserError(f"{path}, line {number}: this is no scheme: {error}") from error
        if not record.name.isprintable():
            raise UserError(
                f"{path}, line {number}: the name {record.name!r} has characters that cannot be "
                "printed: give it another"
            )
        found.append((record.name, record))
    if not found:
        raise UserError(f"{path} is empty: it should hold a scheme a line")
    return found


def _scheme(shape: tuple[int, int, int], rank: int, wa: _Rows, wb: _Rows, wc: _Rows) -> Scheme:
    matrices = [_matrix(name, rows) for name, rows in (("wa", wa), ("wb", wb), ("wc", wc))]
    if matrices[0].shape[:1] != (rank,):
        raise UserError(f"its rank is said to be {rank}, and wa has {len(wa)} rows")
    return Scheme(*shape, *matrices)


def _matrix(name: str, rows: _Rows) -> Ternary:
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        raise UserError(f"the rows of {name} have {min(lengths)} to {max(lengths)} entries")
    return np.array(rows, np.int8).reshape(len(rows), max(lengths, default=0))


def _few(names: list[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")
