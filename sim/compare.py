"""Hardware against the network's own evaluation, bit for bit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mulbudget.sim.batch import BatchSimulator, Progress
from mulbudget.sim.result import Result
from mulbudget.spn import Network
from mulbudget.spn.operators import Integers


@dataclass(frozen=True)
class Difference:
    """The first place where hardware and network disagree."""

    sample: int
    output: int
    expected: int
    got: int

    def __str__(self) -> str:
        return (
            f"sample {self.sample}, output {self.output}: expected {self.expected}, got {self.got}"
        )


@dataclass(frozen=True)
class Comparison:
    """What a run of samples through the hardware showed.

    Parameters
    ----------
    samples, exact : int
        How many there were, and in how many every output was right.
    difference : Difference or None
        The first one.
    timing : tuple of str
        Sentences on a latency or an interval that is not as the sidecar says; none for a run with
        stalls, in which both depend on the stalls.
    result : Result
    """

    samples: int
    exact: int
    difference: Difference | None
    timing: tuple[str, ...]
    result: Result

    @property
    def passed(self) -> bool:
        """Every sample is exact, and the timing is as promised."""
        return self.difference is None and not self.timing

    def __str__(self) -> str:
        return f"{self.exact:,} of {self.samples:,} bit-exact"


def compare(
    network: Network,
    simulator: BatchSimulator,
    x: npt.ArrayLike,
    *,
    stalls: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Comparison:
    """Run samples `x` through `network` and through its hardware.

    Raises
    ------
    UserError
        When `x` does not fit the network.
    SimulationError
        When the hardware hangs or breaks the rules of its streams.
    """
    expected = network.run(x)
    expected = expected.reshape(len(expected), -1)
    result = simulator.run(x, stalls=stalls, seed=seed, progress=progress)
    wrong = (result.y != expected).any(axis=1)
    timing = () if stalls else _timing(simulator, result)
    return Comparison(
        len(expected), int((~wrong).sum()), first_difference(expected, result.y), timing, result
    )


def first_difference(expected: Integers, got: Integers) -> Difference | None:
    """The first entry, sample by sample, in which the two (samples, outputs) differ."""
    places = np.argwhere(expected != got)
    if not len(places):
        return None
    sample, output = map(int, places[0])
    return Difference(sample, output, int(expected[sample, output]), int(got[sample, output]))


def _timing(simulator: BatchSimulator, result: Result) -> tuple[str, ...]:
    """What is not as promised.

    Where samples wait for those before them, only the first has to have the promised latency.
    """
    sidecar, latencies = simulator.sidecar, result.latencies
    idle = latencies[:1] if sidecar.buffered else latencies
    sentences = []
    if (idle != sidecar.latency).any():
        sentences.append(f"latency is {_span(idle)} clocks, not {sidecar.latency}")
    if (result.intervals != sidecar.interval).any():
        sentences.append(
            f"the interval is {_span(result.intervals)} clocks from sample to sample, not "
            f"{sidecar.interval}"
        )
    return tuple(sentences)


def _span(clocks: Integers) -> str:
    low, high = clocks.min(), clocks.max()
    return str(low) if low == high else f"{low} to {high}"
