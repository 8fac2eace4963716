"""The streams of a network as a graph: what a result needs, and how deep queues have to be.

A network is a graph of *layers*, each a chain of *stages*. What a stage does to beats is known
beforehand, and does not depend on their values: this module says which beats of the network's input
a beat needs, and `timing` in which clock it comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mulbudget.hw.raster import Raster

Beats = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pipe:
    """A pipeline: each beat comes `latency` clocks later; it stops as a whole."""

    latency: int

    @property
    def clocks(self) -> int:
        """Clocks that it may take without giving a beat."""
        return self.latency

    def needs(self, beats: int) -> Beats:
        """The last beat taken that each beat given needs, of so many beats of a sample."""
        return np.arange(beats)


@dataclass(frozen=True)
class Held:
    """A layer that looks at a beat for `interval` clocks, and takes it in the last of them.

    What it makes of it comes `latency` clocks later; it stops as a whole.
    """

    latency: int
    interval: int

    @property
    def clocks(self) -> int:
        """Clocks that it may take without giving a beat."""
        return self.latency + self.interval

    def needs(self, beats: int) -> Beats:
        """The last beat taken that each beat given needs, of so many beats of a sample."""
        return np.arange(beats)


@dataclass(frozen=True)
class Folds:
    """`folded.FoldedLayer`: the times are those that it says.

    Parameters
    ----------
    groups, steps : int
        Clocks in which inputs are added, and products are made.
    held : bool
        Whether a beat is looked at for all groups, and taken with the last; else each is a beat.
    beats : int
        Of a result: one, or one for each step.
    interval : int
        Clocks from sample to sample.
    sum_clocks, product_clocks : int
        From a group taken to the accumulators, and from a step to its beat offered.
    """

    groups: int
    steps: int
    held: bool
    beats: int
    interval: int
    sum_clocks: int
    product_clocks: int

    @property
    def clocks(self) -> int:
        """Clocks that it may take without giving a beat."""
        return self.groups + self.sum_clocks + self.steps + self.product_clocks

    def needs(self, beats: int) -> Beats:
        """The last beat taken that each beat given needs, of so many beats of a sample."""
        taken = 1 if self.held else self.groups
        return np.repeat(np.arange(taken - 1, beats, taken), self.beats)


@dataclass(frozen=True)
class Windows:
    """`window.Window`."""

    raster: Raster

    @property
    def clocks(self) -> int:
        """Of a walk over an image."""
        return self.raster.clocks

    def needs(self, beats: int) -> Beats:  # noqa: ARG002 - as the others
        """The last pixel up to the end of each window."""
        taken = np.cumsum(self.raster.inside()) - 1
        return taken[self.raster.complete()]


@dataclass(frozen=True)
class Reordered:
    """`patches.Patches`."""

    outputs: tuple[int, int]
    patch: tuple[int, int]

    @property
    def words(self) -> int:
        """Patches of a row."""
        return -(-self.outputs[1] // self.patch[1])

    @property
    def clocks(self) -> int:
        """Of all outputs."""
        return self.outputs[0] * self.outputs[1]

    def needs(self, beats: int) -> Beats:  # noqa: ARG002 - as the others
        """The last patch of the row that each pixel is in."""
        rows = np.arange(self.outputs[0]) // self.patch[0]
        return np.repeat((rows + 1) * self.words - 1, self.outputs[1])


@dataclass(frozen=True)
class Gathered:
    """`gather.Gather`: one beat of so many."""

    beats: int

    @property
    def clocks(self) -> int:
        """One for each beat."""
        return self.beats

    def needs(self, beats: int) -> Beats:
        """The last one of each."""
        return np.arange(self.beats - 1, beats, self.beats)


Stage = Pipe | Held | Folds | Windows | Reordered | Gathered


@dataclass(frozen=True)
class Flow:
    """A layer.

    Parameters
    ----------
    name : str
    inputs : tuple of str
        Layers, or the network's input; more than one are joined behind a queue each.
    stages : tuple of Stage
        What beats pass, one after the other.
    """

    name: str
    inputs: tuple[str, ...]
    stages: tuple[Stage, ...]

    @property
    def row(self) -> int:
        """Pixels of a row of its image, where it looks at each window for several clocks; else 0.

        Such a layer takes no pixels meanwhile, and those before it give theirs in bursts: a row of
        a pool, and then none. Behind a queue of a row neither waits for the other, so that the
        interval of a chain of windows up to 3 x 3 is about the longest of its layers'.
        """
        match self.stages:
            case (Windows(raster), Held(interval=clocks) | Folds(interval=clocks), *_):
                return raster.image[1] if clocks > 1 else 0
            case _:
                return 0

    @property
    def holds(self) -> int:
        """Beats that its pipelines hold."""
        pipes = [stage.latency for stage in self.stages if isinstance(stage, Pipe)]
        held = [each for each in self.stages if isinstance(each, Held | Folds)]
        return sum(pipes) + sum(-(-stage.clocks // stage.interval) for stage in held)


def needed(flows: Sequence[Flow], source: str, beats: int) -> dict[str, Beats]:
    """The last beat of the network's input that each beat of each stream needs.

    Parameters
    ----------
    flows : sequence of Flow
        Each behind its inputs.
    source : str
        The network's input.
    beats : int
        Of a sample of it.
    """
    need = {source: np.arange(beats)}
    for flow in flows:
        each = np.maximum.reduce([need[name] for name in flow.inputs])
        for stage in flow.stages:
            each = each[stage.needs(len(each))]
        need[flow.name] = each
    return need


def depths(flows: Sequence[Flow], source: str, beats: int) -> dict[str, tuple[int, ...]]:
    """How deep the queues are: at the inputs of joining layers, and before those with a `Flow.row`.

    A layer behind the network's input has none: whatever brings samples can wait.

    A layer joins beat j of all its inputs. That needs N(j) beats of the network's input, the most
    that any of them needs. By then an input can have made as many beats as need no more than N(j);
    of these the layer has taken j, so its queue has room for the others at every j. A full queue
    therefore holds a beat that needs more than N(j): the network's input is so far already, and a
    fork is never more than a beat further for one branch than for the other, so whatever beat j
    needs is on its way. Nothing waits for a queue that is full, and there is no deadlock.

    Room is added for what the pipelines of the other inputs hold more, so that the shorter branch
    does not stop while the longer one is filled.
    """
    need, result = needed(flows, source, beats), {}
    held = {source: 0}
    for flow in flows:
        most = max(held[name] for name in flow.inputs)
        held[flow.name] = most + flow.holds
        if flow.row and flow.inputs != (source,):
            result[flow.name] = (flow.row,)
            held[flow.name] += PASSING
        if len(flow.inputs) > 1:
            joined = np.maximum.reduce([need[name] for name in flow.inputs])
            result[flow.name] = tuple(
                _most(need[name], joined) + most - held[name] + PASSING for name in flow.inputs
            )
    return result


PASSING = 2
"""Beats that are between a queue's memory and its output."""


def _most(need: Beats, joined: Beats) -> int:
    made = np.searchsorted(need, joined, side="right")
    return int((made - np.arange(len(joined))).max())


def sources(flows: Sequence[Flow]) -> Mapping[str, list[tuple[str, int]]]:
    """Which inputs (layer, number) take each stream."""
    takers: dict[str, list[tuple[str, int]]] = {}
    for flow in flows:
        for number, name in enumerate(flow.inputs):
            takers.setdefault(name, []).append((flow.name, number))
    return takers
