"""All streams of generated hardware, driven clock by clock."""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly

from mulbudget.hw import sidecar as sidecars
from mulbudget.hw.sidecar import Sidecar
from mulbudget.sim.beats import split
from mulbudget.sim.bench.ports import Sink, Source, expect
from mulbudget.sim.inputs import random_inputs
from mulbudget.spn import Network, load

PERIOD_NS = 10


@dataclass(frozen=True)
class Traffic:
    """Results of some samples, and their clocks.

    Parameters
    ----------
    y : int64, (samples, outputs)
    taken, offered : list of int
        The clock in which the first beat of each sample was taken, by whichever stream was the
        first, and in which the last beat of its result was first offered.
    """

    y: npt.NDArray[np.int64]
    taken: list[int]
    offered: list[int]


class Driver:
    """A network under test.

    The environment says which: MULBUDGET_SPN and MULBUDGET_SIDECAR name its files,
    MULBUDGET_SAMPLES and MULBUDGET_SEED choose the samples.

    Parameters
    ----------
    dut
        cocotb's handle of the module; its ports are attributes.
    """

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.network: Network = load(os.environ["MULBUDGET_SPN"])
        self.sidecar: Sidecar = sidecars.load(os.environ["MULBUDGET_SIDECAR"])
        self.samples = int(os.environ["MULBUDGET_SAMPLES"])
        self.seed = int(os.environ["MULBUDGET_SEED"])
        chance = random.Random(self.seed)
        self._sources = [Source(dut, stream, chance) for stream in self.sidecar.inputs]
        self._sink = Sink(dut, self.sidecar.output, chance)
        self._clock = 0

    def inputs(self, samples: int | None = None, seed: int = 0) -> npt.NDArray[np.int64]:
        """Random samples, `MULBUDGET_SAMPLES` by default."""
        return random_inputs(self.network.input, samples or self.samples, self.seed + seed)

    async def start(self) -> None:
        """Start the clock, reset, and wait until the hardware is idle."""
        Clock(self.dut.clk, PERIOD_NS, unit="ns").start(start_high=True)
        await self.reset()
        await self.idle(self.sidecar.settling)

    async def reset(self, clocks: int = 3) -> None:
        """Hold the reset for some clocks, with all streams idle."""
        await FallingEdge(self.dut.clk)
        self.dut.rst.value = 1
        self._sink.stop()
        for _ in range(clocks):
            for source in self._sources:
                source.idle()
            await FallingEdge(self.dut.clk)
        self.dut.rst.value = 0

    async def run(
        self,
        x: npt.NDArray[np.int64],
        *,
        pauses: Sequence[float] | None = None,
        pause_o: float = 0.0,
        clocks: int | None = None,
    ) -> Traffic:
        """Send samples, and take their results.

        Parameters
        ----------
        x : int64, (samples, entries of all inputs)
        pauses : sequence of float, optional
            The probability, for each input stream, that a clock passes without a beat offered;
            none by default.
        pause_o : float
            The probability that a clock passes without readiness for a result.
        clocks : int, optional
            Stop after so many, whatever was sent; by default when all is sent and answered.
        """
        pauses = pauses or [0.0] * len(self._sources)
        for source, rows, pause in zip(self._sources, split(x, self.sidecar), pauses, strict=True):
            source.feed(rows, pause)
        self._sink.collect(pause_o)
        begin, limit = self._clock, self._limit(len(x), max(pauses), pause_o)
        taken: list[int] = []
        offered: list[int] = []
        beats = self.sidecar.output.beats
        while clocks is None or self._clock < begin + clocks:
            if self._sink.transfers == len(x) * beats and all(each.done for each in self._sources):
                break
            expect(
                self._clock < begin + limit,
                f"{self._sink.transfers // beats} results of {len(x)} samples, then nothing",
            )
            await self._tick(taken, offered)
        return Traffic(self._sink.rows(), taken, offered)

    async def _tick(self, taken: list[int], offered: list[int]) -> None:
        await FallingEdge(self.dut.clk)
        for port in (*self._sources, self._sink):
            port.drive()
        await ReadOnly()
        for source in self._sources:
            source.observe()
        begun = [source.begun for source in self._sources]
        if max(begun) > len(taken):
            taken.append(self._clock)
        beat = self._sink.transfers
        if self._sink.observe() and (beat + 1) % self.sidecar.output.beats == 0:
            offered.append(self._clock)
        if self._sink.transfers > beat:
            expect(
                beat // self.sidecar.output.beats < min(begun),
                "a result was given before its sample was taken",
            )
        self._clock += 1

    async def idle(self, clocks: int) -> None:
        """Take results for some clocks; there must be none."""
        self._sink.collect(0.0)
        for _ in range(clocks):
            await FallingEdge(self.dut.clk)
            for source in self._sources:
                source.idle()
            self._sink.drive()
            await ReadOnly()
            expect(not self._sink.offers, "a result is offered that no sample asked for")
            self._clock += 1

    def _limit(self, samples: int, pause_i: float, pause_o: float) -> int:
        ideal = samples * self.sidecar.interval + self.sidecar.latency
        return 100 + int(5 * ideal / (1 - pause_i) / (1 - pause_o))
