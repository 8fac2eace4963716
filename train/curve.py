"""The picture of how a network learned."""

import io
from collections.abc import Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """The end of an epoch: mean loss, and accuracy on the test set."""

    stage: str
    loss: float
    accuracy: float


def picture(points: Sequence[Point], title: str) -> bytes:
    """A PNG of loss and error over the epochs; a line marks each stage's first epoch."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    upper, lower = figure.subplots(2, sharex=True)
    epochs = range(1, len(points) + 1)
    upper.plot(epochs, [100 * (1 - point.accuracy) for point in points], linewidth=1)
    lower.plot(epochs, [point.loss for point in points], linewidth=1, color="tab:orange")
    starts = [
        epoch
        for epoch, point in enumerate(points, start=1)
        if epoch == 1 or point.stage != points[epoch - 2].stage
    ]
    for epoch in starts:
        for axes in (upper, lower):
            axes.axvline(epoch, color="grey", linewidth=0.5)
        upper.annotate(
            f" {points[epoch - 1].stage}",
            (epoch, 1),
            xycoords=("data", "axes fraction"),
            va="top",
            fontsize=8,
        )
    upper.set(title=title, ylabel="test error [%]", yscale="symlog")
    if points:
        upper.set_ylim(bottom=0)
    lower.set(xlabel="epoch", ylabel="training loss", yscale="log")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=120)
    return file.getvalue()
