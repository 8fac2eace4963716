"""In which clock the beats of a network come: its streams stepped without their values.

Latency and interval of a network whose layers take different numbers of beats follow from how they
make each other wait. Every stage is known to the clock, so they are found by stepping all stages
together, from reset on and without stalls, which takes well under a second.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from mulbudget.hw.flow import Flow, Folds, Gathered, Held, Pipe, Reordered, Stage, Windows, sources

_SAMPLES = 3
"""At first; more until samples come in equal steps."""
_MOST_SAMPLES = 48


@dataclass(frozen=True)
class Timing:
    """Clocks of a network.

    Parameters
    ----------
    latency : int
        From the first beat of a sample taken to the last beat of its result offered, by hardware
        that was idle.
    interval : int
        From sample to sample, when they follow each other without a pause.
    """

    latency: int
    interval: int


class _Model(Protocol):
    """A stage: `valid` is what it offers in this clock."""

    valid: bool

    def ready(self, taken: bool) -> bool:
        """Whether it takes a beat, when what it offers may be taken."""
        ...

    def step(self, offered: bool, taken: bool) -> None:
        """Go on by a clock, in which a beat is offered to it."""
        ...


class _Pipe:
    def __init__(self, latency: int) -> None:
        self._full = [False] * latency
        self.valid = False

    def ready(self, taken: bool) -> bool:
        return not self.valid or taken

    def step(self, offered: bool, taken: bool) -> None:
        if self.ready(taken):
            self._full.insert(0, offered)
            self._full.pop()
            self.valid = self._full[-1]


class _Held:
    def __init__(self, stage: Held) -> None:
        self._full = [False] * stage.latency
        self._last, self._at = stage.interval - 1, 0
        self.valid = False

    def ready(self, taken: bool) -> bool:
        return self._at == self._last and (not self.valid or taken)

    def step(self, offered: bool, taken: bool) -> None:
        if self.valid and not taken:
            return
        self._full.insert(0, offered and self._at == self._last)
        self._full.pop()
        self.valid = self._full[-1]
        if offered:
            self._at = 0 if self._at == self._last else self._at + 1


class _Folds:
    def __init__(self, stage: Folds) -> None:
        self._stage = stage
        self._whole = [False] * stage.sum_clocks  # whether the last group was taken
        self._given = [False] * stage.product_clocks
        self._at = self._step = 0
        self._busy = self.valid = False

    def _adds(self) -> bool:
        """Whether the sums go on."""
        return not (self._whole[-1] and self._busy)

    def ready(self, taken: bool) -> bool:  # noqa: ARG002 - as the others
        return self._adds() and (not self._stage.held or self._last())

    def _last(self) -> bool:
        return self._at == self._stage.groups - 1

    def step(self, offered: bool, taken: bool) -> None:
        adds = self._adds()
        loaded = adds and self._whole[-1]
        if adds:
            self._whole.insert(0, offered and self._last())
            self._whole.pop()
            if offered:
                self._at = 0 if self._last() else self._at + 1
        if not self.valid or taken:
            last = self._step == self._stage.steps - 1
            self._given.insert(0, self._busy and (last or self._stage.beats > 1))
            self._given.pop()
            self.valid = self._given[-1]
            if self._busy:
                self._step = 0 if last else self._step + 1
                self._busy = not last
        self._busy = self._busy or loaded


class _Windows:
    def __init__(self, stage: Windows) -> None:
        self._inside = stage.raster.inside().tolist()
        self._complete = stage.raster.complete().tolist()
        self._at = 0
        self.valid = False

    def ready(self, taken: bool) -> bool:
        return self._inside[self._at] and (not self.valid or taken)

    def step(self, offered: bool, taken: bool) -> None:
        if self.valid and not taken:
            return
        moves = offered or not self._inside[self._at]
        self.valid = moves and self._complete[self._at]
        self._at = (self._at + moves) % len(self._inside)


class _Reordered:
    def __init__(self, stage: Reordered) -> None:
        rows, columns = stage.outputs
        self._words = stage.words
        self._last = [
            (row % stage.patch[0] == stage.patch[0] - 1 or row == rows - 1)
            and column == columns - 1
            for row in range(rows)
            for column in range(columns)
        ]
        self._written = self._full = self._at = 0
        self.valid = False

    def ready(self, taken: bool) -> bool:  # noqa: ARG002 - as the others
        return self._full < 2

    def step(self, offered: bool, taken: bool) -> None:
        writes, change = offered and self._full < 2, 0
        if writes:
            self._written += 1
            if self._written == self._words:
                self._written, change = 0, 1
        if not self.valid or taken:
            self.valid = self._full > 0
            if self.valid:
                change -= self._last[self._at]
                self._at = (self._at + 1) % len(self._last)
        self._full += change


class _Gathered:
    def __init__(self, stage: Gathered) -> None:
        self._beats, self._at = stage.beats, 0
        self.valid = False

    def ready(self, taken: bool) -> bool:
        return not self.valid or taken

    def step(self, offered: bool, taken: bool) -> None:
        if self.valid and not taken:
            return
        self.valid = offered and self._at == self._beats - 1
        self._at = (self._at + offered) % self._beats


class _Queue:
    def __init__(self, depth: int) -> None:
        self._depth, self._level = depth, 0
        self.valid = False

    def ready(self, taken: bool = False) -> bool:  # noqa: ARG002 - as the others
        return self._level < self._depth

    def step(self, offered: bool, taken: bool) -> None:
        put, free = offered and self.ready(), not self.valid or taken
        moves = free and self._level > 0
        if free:
            self.valid = moves
        self._level += put - moves


def _model(stage: Stage) -> _Model:
    match stage:
        case Pipe(latency=latency):
            return _Pipe(latency)
        case Held():
            return _Held(stage)
        case Folds():
            return _Folds(stage)
        case Windows():
            return _Windows(stage)
        case Reordered():
            return _Reordered(stage)
        case Gathered():
            return _Gathered(stage)


class _Layer:
    """A chain of stages, and the queues before it."""

    def __init__(self, flow: Flow, queues: Sequence[int]) -> None:
        self.chain = [_model(stage) for stage in flow.stages]
        self.queues = [_Queue(depth) for depth in queues]
        self._takes = [False] * (len(self.chain) + 1)

    def settle(self, taken: bool) -> None:
        """Find out which stages take a beat, when what the last one offers may be taken."""
        self._takes[-1] = taken
        for number in reversed(range(len(self.chain))):
            self._takes[number] = self.chain[number].ready(self._takes[number + 1])

    def ready(self, number: int) -> bool:
        """Whether input `number` takes a beat."""
        return self.queues[number].ready() if self.queues else self._takes[0]

    def step(self, offered: Sequence[bool]) -> None:
        if self.queues:
            joined = all(queue.valid for queue in self.queues)
            for queue, each in zip(self.queues, offered, strict=True):
                queue.step(each, joined and self._takes[0])
        else:
            joined = offered[0]
        valid = [joined, *(model.valid for model in self.chain[:-1])]
        for model, each, taken in zip(self.chain, valid, self._takes[1:], strict=True):
            model.step(each, taken)


class _Streams:
    """All layers of a network, and the forks between them."""

    def __init__(
        self, flows: Sequence[Flow], source: str, queues: Mapping[str, Sequence[int]]
    ) -> None:
        self._source, self._flows = source, flows
        self._layers = {flow.name: _Layer(flow, queues.get(flow.name, ())) for flow in flows}
        self._takers = sources(flows)
        self._had = {name: [False] * len(each) for name, each in self._takers.items()}

    def step(self, offered: bool) -> tuple[bool, bool]:
        """Whether the offered beat is taken in this clock, and whether a result is offered."""
        result = self._layers[self._flows[-1].name].chain[-1].valid
        for flow in reversed(self._flows):
            self._layers[flow.name].settle(self._taken(flow.name))
        taken = self._taken(self._source)
        valid = {name: self._layers[name].chain[-1].valid for name in self._layers}
        valid[self._source] = offered
        given = {
            (layer, number): valid[name] and not self._had[name][place]
            for name, each in self._takers.items()
            for place, (layer, number) in enumerate(each)
        }
        for name, each in self._takers.items():
            if len(each) > 1 and valid[name]:
                self._had[name] = self._fork(name)
        for flow in self._flows:
            inputs = [given[flow.name, number] for number in range(len(flow.inputs))]
            self._layers[flow.name].step(inputs)
        return taken and offered, result

    def state(self) -> object:
        """Of every stage, queue and fork: streams that are as they were a clock before stay so."""
        models = [each for layer in self._layers.values() for each in (*layer.chain, *layer.queues)]
        return deepcopy([dict(self._had), *map(vars, models)])

    def _taken(self, name: str) -> bool:
        """Whether all that take a stream have a beat with this clock; a result is always taken."""
        pairs = zip(self._takers.get(name, ()), self._had.get(name, ()), strict=True)
        return all(had or self._layers[layer].ready(number) for (layer, number), had in pairs)

    def _fork(self, name: str) -> list[bool]:
        """Which of the takers have the beat after this clock."""
        if self._taken(name):
            return [False] * len(self._had[name])
        pairs = zip(self._takers[name], self._had[name], strict=True)
        return [had or self._layers[layer].ready(number) for (layer, number), had in pairs]


def timing(
    flows: Sequence[Flow],
    source: str,
    queues: Mapping[str, Sequence[int]],
    *,
    results: int,
) -> Timing:
    """Step a network's streams until samples come in equal steps.

    Parameters
    ----------
    flows : sequence of Flow
        Each behind its inputs; the last one makes the result.
    source : str
        The network's input.
    queues : mapping
        From `flow.depths`.
    results : int
        Beats of a result.
    """
    samples = _SAMPLES
    while True:
        ends = _ends(flows, source, queues, samples * results)[results - 1 :: results]
        steps = [after - before for before, after in pairwise(ends)]
        if steps[-1] == steps[-2] or samples >= _MOST_SAMPLES:
            return Timing(ends[0], steps[-1])
        samples *= 2


def _ends(
    flows: Sequence[Flow],
    source: str,
    queues: Mapping[str, Sequence[int]],
    wanted: int,
) -> list[int]:
    """The clocks in which so many beats of results are offered, the first beat taken in clock 0."""
    streams = _Streams(flows, source, queues)
    longest = max(stage.clocks for flow in flows for stage in flow.stages)
    for _ in range(longest):  # until every window waits for its first pixel
        streams.step(False)
    ends: list[int] = []
    clock = idle = 0
    first: int | None = None
    before: object = None
    while len(ends) < wanted:
        taken, result = streams.step(True)
        if taken and first is None:
            first = clock
        if result:
            ends.append(clock - (first or 0))
        idle = 0 if taken or result else idle + 1
        if before is not None and streams.state() == before:
            raise RuntimeError("the streams of the network stand still; please report this")
        before = streams.state() if idle and idle % _IDLE == 0 else None
        clock += 1
    return ends


_IDLE = 100
"""Clocks without a beat taken or given after which it is asked whether anything moves at all."""
