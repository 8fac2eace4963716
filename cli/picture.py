"""The ternary matrices of a network, drawn."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from mulbudget.spn import Bilinear, Network, SumProduct, UserError, matrices_of

FORMATS = ("svg", "png", "pdf")

_COLOURS = ListedColormap(["#d1495b", "#f4f4f2", "#00798c"])
"""Of -1, 0 and 1."""

_INCHES = 0.28
"""Of an entry; more entries share what a page has."""

_MOST_INCHES = 7.0
_LABELS = 32
"""Entries that still have room for their names."""

Labels = list[str]


def draw(network: Network, path: Path) -> bytes:
    """A picture of every ternary matrix, in the format that the ending of `path` names.

    Raises
    ------
    UserError
        When it names none of `FORMATS`, or the network has no such matrix.
    """
    ending = path.suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise UserError(f"{path} names no format of pictures: end it in {', '.join(FORMATS)}")
    drawings = list(_drawings(network))
    if not drawings:
        raise UserError(f"network {network.name} has no ternary matrices to draw")
    sizes = [
        [min(_INCHES * count, _MOST_INCHES) for count in matrix.shape[::-1]]
        for _, matrix, _, _ in drawings
    ]
    widths, heights = zip(*sizes, strict=True)
    figure = Figure((sum(widths) + len(widths), max(heights) + 1), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(drawings), width_ratios=widths))
    for axis, drawing in zip(axes, drawings, strict=True):
        _draw(axis, *drawing)
    content = io.BytesIO()
    with rc_context({"svg.hashsalt": network.name}):
        figure.savefig(content, format=ending, metadata=_undated(ending))
    return content.getvalue()


def _drawings(network: Network) -> Iterator[tuple[str, npt.NDArray[np.int8], Labels, Labels]]:
    """Title, matrix, and the names of its rows and columns."""
    for node in network.nodes:
        match node.operator:
            case SumProduct():
                for name, matrix in matrices_of(node.operator):
                    yield f"{node.name} {name}", matrix, [], []
            case Bilinear(scheme=scheme):
                for name, matrix in matrices_of(node.operator):
                    yield name, matrix, *scheme.names[name]


def _draw(
    axes: Axes, title: str, matrix: npt.NDArray[np.int8], rows: Labels, columns: Labels
) -> None:
    axes.imshow(matrix, cmap=_COLOURS, vmin=-1, vmax=1, interpolation="nearest")
    axes.set_title(title)
    axes.set_yticks(*_ticks(rows))
    axes.set_xticks(*_ticks(columns), rotation=90)
    axes.tick_params(length=0, labelsize=8)
    if max(matrix.shape) <= _LABELS:
        axes.set_xticks(np.arange(matrix.shape[1] + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(matrix.shape[0] + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="white")
        axes.tick_params(which="minor", length=0)


def _ticks(labels: Labels) -> tuple[list[int], Labels]:
    shown = labels if len(labels) <= _LABELS else []
    return list(range(len(shown))), shown


def _undated(ending: str) -> dict[str, None]:
    """Metadata without the time: the same network gives the same bytes."""
    return {} if ending == "png" else {"Date": None} if ending == "svg" else {"CreationDate": None}
