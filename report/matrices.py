"""The ternary matrices of a network, as small pictures."""

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from mulbudget.report.svg import Picture
from mulbudget.spn import Bilinear, Network, Node, matrices_of
from mulbudget.spn.scheme import Ternary

MOST_ENTRIES = 1 << 18
"""Of a matrix that is drawn entry by entry: some 90 kB of the page."""

MOST_TOGETHER = 1 << 21
"""Entries of all matrices, or dots where they are drawn reduced: some 700 kB of the page."""

_LABELS = 32
"""Rows or columns, at most, that have room for names."""

_WIDE, _MOST_PIXELS = 640, 14
"""Width in pixels of a picture of a small matrix, and of one of its entries, at most; half of the
former where there are more than `_FEW`."""

_FEW = 6

_LABELLED_PIXELS = 22
"""Width of an entry whose row and column have names."""

_PALETTE = bytes((0, 0, 0, 0, 140, 158, 214, 84, 105))
"""Red, green and blue of 0, which is transparent, 1 and -1: clear on light and on dark."""

_LEVELS = 16
"""Of a reduced picture, from all zeros to no zero."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A matrix and its picture.

    Parameters
    ----------
    title : str
        Layer and matrix.
    size : tuple of int
        Rows and columns.
    plus, minus : int
        Entries that are 1, and -1.
    reduced : int
        Entries along each side of a dot; 1 where each has its own.
    picture : Picture or None
        None where the matrix is the identity.
    """

    title: str
    size: tuple[int, int]
    plus: int
    minus: int
    reduced: int
    picture: Picture | None


def drawn_matrices(network: Network) -> list[Drawn]:
    """Every ternary matrix, in order."""
    named = [
        (node, name, matrix)
        for node in network.nodes
        for name, matrix in matrices_of(node.operator)
    ]
    wide = _WIDE if len(named) <= _FEW else _WIDE // 2
    dots = sum(min(matrix.size, MOST_ENTRIES) for _, _, matrix in named)
    most = MOST_ENTRIES * MOST_TOGETHER // max(dots, MOST_TOGETHER)
    return [_drawn(node, name, matrix, most, wide) for node, name, matrix in named]


def _drawn(node: Node, name: str, matrix: Ternary, most: int, wide: int) -> Drawn:
    identity = _is_identity(matrix) and name == "Wc"
    reduced = 1 if identity else max(1, math.ceil(math.sqrt(matrix.size / most)))
    plus, minus = (int(np.count_nonzero(matrix == sign)) for sign in (1, -1))
    rows, columns = map(int, matrix.shape)
    title = f"{node.name} {name}"
    said = (
        f"Matrix {title}, {rows:,} rows and {columns:,} columns: {plus:,} entries are 1, "
        f"{minus:,} are -1"
    )
    labels = _labels(node, name) if reduced == 1 else ([], [])
    picture = None if identity else _picture(matrix, reduced, wide, said, *labels)
    return Drawn(
        title=title,
        size=(rows, columns),
        plus=plus,
        minus=minus,
        reduced=reduced,
        picture=picture,
    )


def _is_identity(matrix: Ternary) -> bool:
    rows, columns = matrix.shape
    return rows == columns and bool((matrix == np.eye(rows, dtype=np.int8)).all())


def _labels(node: Node, name: str) -> tuple[Sequence[str], Sequence[str]]:
    """Of rows and columns; none where there are too many to read."""
    if not isinstance(node.operator, Bilinear):
        return [], []
    rows, columns = node.operator.scheme.names[name]
    return (rows, columns) if max(len(rows), len(columns)) <= _LABELS else ([], [])


def _picture(
    matrix: Ternary,
    reduced: int,
    wide: int,
    said: str,
    rows: Sequence[str],
    columns: Sequence[str],
) -> Picture:
    dots = _density(matrix, reduced) if reduced > 1 else np.where(matrix < 0, 2, matrix)
    height, width = dots.shape
    size = max(1, min(_MOST_PIXELS, wide // max(width, height)))
    if rows and columns:
        size = _LABELLED_PIXELS
    left = 8 * max(map(len, rows), default=0) + (4 if rows else 0)
    top = 18 if columns else 0
    picture = Picture(left + size * width, top + size * height, said, "matrix")
    inside = {"x": left, "y": top, "width": size * width, "height": size * height}
    picture.add("rect", **inside, class_="zeros")
    image = base64.b64encode(_png(dots, reduced > 1)).decode()
    picture.add(
        "image", **inside, href=f"data:image/png;base64,{image}", preserveAspectRatio="none"
    )
    if size >= 5:
        _grid(picture, (left, top), dots.shape, size)
    for number, text in enumerate(rows):
        picture.text((left - 5, top + size * (number + 0.5) + 4), text, "small", "end")
    for number, text in enumerate(columns):
        place = left + size * (number + 0.5), top - 5
        picture.text(place, text if len(text) < 4 or number % 2 == 0 else "", "tiny", "middle")
    return picture


def _grid(picture: Picture, corner: tuple[int, int], shape: Sequence[int], size: int) -> None:
    """Lines between entries."""
    (left, top), (rows, columns) = corner, shape
    across = "".join(f"M{left} {top + size * row}h{size * columns}" for row in range(1, rows))
    down = "".join(f"M{left + size * each} {top}v{size * rows}" for each in range(1, columns))
    picture.add("path", d=across + down, class_="lines")


def _density(matrix: Ternary, side: int) -> npt.NDArray[np.int8]:
    """The share of each square of entries that is not zero, in `_LEVELS`; any is at least one."""
    rows, columns = (-(-size // side) for size in matrix.shape)
    padded = np.zeros((rows * side, columns * side), bool)
    padded[: matrix.shape[0], : matrix.shape[1]] = matrix != 0
    counts = padded.reshape(rows, side, columns, side).sum(axis=(1, 3))
    return np.ceil(counts * (_LEVELS - 1) / side**2).astype(np.int8)


def _png(dots: npt.NDArray[np.int8], shades: bool) -> bytes:
    """A picture of a few colours, packed to as few bits as they take."""
    image = Image.fromarray(dots.astype(np.uint8), "P")
    colours = _PALETTE[3:6] * _LEVELS if shades else _PALETTE
    image.putpalette(colours)
    alphas = [255 * level // (_LEVELS - 1) for level in range(_LEVELS)] if shades else [0, 255, 255]
    content = io.BytesIO()
    image.save(content, "png", optimize=True, bits=4 if shades else 2, transparency=bytes(alphas))
    return content.getvalue()
