"""What a simulation gives."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mulbudget.spn.operators import Integers


class SimulationError(RuntimeError):
    """The hardware breaks the rules of its streams: it hangs, or results come and go."""


@dataclass(frozen=True)
class Result:
    """What came out of one design.

    Parameters
    ----------
    y : int64, (samples, outputs)
    clocks : int
        From the end of the reset to the last result.
    taken, offered : uint64, (samples,)
        The clock in which the first beat of each sample was taken, by whichever stream was the
        first, and in which the last beat of its result was first offered.
    """

    y: Integers
    clocks: int
    taken: npt.NDArray[np.uint64]
    offered: npt.NDArray[np.uint64]

    @property
    def latencies(self) -> Integers:
        """Clocks from each sample's first beat taken to its result's last beat offered.

        Where a sample takes several beats, they count the time in which it waits for the one
        before it.
        """
        return (self.offered - self.taken).astype(np.int64)

    @property
    def latency(self) -> int:
        """That of the first sample, which finds the hardware idle; for runs without stalls."""
        return int(self.latencies[0])

    @property
    def intervals(self) -> Integers:
        """Clocks from each result to the next, (samples - 1,)."""
        return np.diff(self.offered.astype(np.int64))

    @property
    def interval(self) -> int | None:
        """The longest of `intervals`, None for a single sample; for runs without stalls."""
        return int(self.intervals.max()) if len(self.offered) > 1 else None
