"""What the accuracy of a network is drawn beside."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from mulbudget.spn import Network, UserError, load, network_counts
from mulbudget.spn.files import read_json

Kind = Literal["run", "teacher", "published"]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A network with an accuracy.

    Parameters
    ----------
    kind : "run", "teacher" or "published"
    title : str
        What it is called.
    what : str
        What it is.
    accuracy : float
        On the test set, 0 to 1.
    multiplications : int or None
        Of one sample, where they are known.
    """

    kind: Kind
    title: str
    what: str
    accuracy: float
    multiplications: int | None


def accuracy_of(network: Network) -> float | None:
    """The test accuracy in the provenance of a network; None where there is none."""
    value = network.provenance.get("test_accuracy")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return float(value)


def run_beside(path: Path, network: Network) -> Run:
    """The network in a file, or in a folder that `mulbudget train` wrote, beside `network`.

    Raises
    ------
    UserError
        When there is none, it says no accuracy, or it takes or gives something else.
    """
    other = load(path / "network.spn" if path.is_dir() else path)
    accuracy = accuracy_of(other)
    if accuracy is None:
        raise UserError(f"the network of --beside {path} says no test_accuracy in its provenance")
    sizes = [
        (math.prod(each.input.shape), math.prod(each.output.shape)) for each in (network, other)
    ]
    if sizes[0] != sizes[1]:
        raise UserError(
            f"the network of --beside {path} makes {sizes[1][1]} of {sizes[1][0]} numbers, and "
            f"{network.name} {sizes[0][1]} of {sizes[0][0]}: their accuracies are not comparable"
        )
    title = (path if path.is_dir() else path.parent).resolve().name or other.name
    return Run(
        kind="run",
        title=title,
        what=made_by(other.provenance),
        accuracy=accuracy,
        multiplications=network_counts(other).multiplications,
    )


def made_by(provenance: Mapping[str, object]) -> str:
    """Like "recipe mnist, seed 0"; empty where a file does not say."""
    parts = [
        f"{name} {provenance[name]}"
        for name in ("recipe", "seed")
        if isinstance(provenance.get(name), str | int)
    ]
    return ", ".join(parts)


_Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]

_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class _Settings(msgspec.Struct):
    """Of a teacher."""

    teacher_width: _Count | None = None
    teachers: _Count = 1


class _Metrics(msgspec.Struct):
    """What is read of metrics.json; other programs may write other things into it."""

    test_accuracy: _Share
    multiplications: int
    dense_multiplications: int
    teacher_accuracy: _Share | None = None
    widths: list[_Count] | None = None
    settings: _Settings = msgspec.field(default_factory=_Settings)


def teacher_of(path: Path, network: Network) -> Run | None:
    """The full-precision network that taught one, as metrics.json says; None where none did.

    Raises
    ------
    UserError
        When the file cannot be read, has another form, or is of another network.
    """
    metrics = read_json(path, _Metrics, "is not what `mulbudget train` writes ({})")
    counts = network_counts(network)
    mine = accuracy_of(network), counts.multiplications, counts.dense_multiplications
    if mine != (metrics.test_accuracy, metrics.multiplications, metrics.dense_multiplications):
        raise UserError(f"{path} is of another network")
    if metrics.teacher_accuracy is None:
        return None
    what, multiplications = _teacher(metrics)
    return Run(
        kind="teacher",
        title="teacher",
        what=what,
        accuracy=metrics.teacher_accuracy,
        multiplications=multiplications,
    )


def _teacher(metrics: _Metrics) -> tuple[str, int]:
    """What the teacher is, and its multiplications: wide and dense, or the network's dense twin."""
    wide, many = metrics.settings.teacher_width, metrics.settings.teachers
    if wide is None or not metrics.widths:
        what = "the same layers in full precision"
        one = metrics.dense_multiplications
    else:
        what = f"full precision, hidden layers of {wide} and {wide}"
        one = metrics.widths[0] * wide + wide * wide + wide * metrics.widths[-1]
    return (f"{many} together, {what}" if many > 1 else what), many * one
