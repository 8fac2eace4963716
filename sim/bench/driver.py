"""Both streams of a generated network, driven clock by clock."""

import os
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly

from mulbudget.hw import sidecar as sidecars
from mulbudget.hw.sidecar import Channel, Sidecar
from mulbudget.sim.inputs import random_inputs
from mulbudget.sim.packing import pack, payload_words, unpack
from mulbudget.spn import Network, load

PERIOD_NS = 10


@dataclass(frozen=True)
class Traffic:
    """Results of some samples, and the clocks in which each was taken and its result offered."""

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
        self._random = random.Random(self.seed)
        self._clock = 0

    def inputs(self, samples: int | None = None, seed: int = 0) -> npt.NDArray[np.int64]:
        """Random samples, `MULBUDGET_SAMPLES` by default."""
        return random_inputs(self.network.input, samples or self.samples, self.seed + seed)

    async def start(self) -> None:
        """Start the clock and reset."""
        for port in (self.dut.i__payload, self.dut.i__valid, self.dut.o__ready):
            port.value = 0
        Clock(self.dut.clk, PERIOD_NS, unit="ns").start(start_high=True)
        await self.reset()

    async def reset(self, clocks: int = 3) -> None:
        """Hold the reset for some clocks, with both streams idle."""
        await FallingEdge(self.dut.clk)
        self.dut.rst.value = 1
        self.dut.i__valid.value = 0
        self.dut.o__ready.value = 0
        for _ in range(clocks):
            await FallingEdge(self.dut.clk)
        self.dut.rst.value = 0

    async def run(
        self,
        x: npt.NDArray[np.int64],
        *,
        pause_i: float = 0.0,
        pause_o: float = 0.0,
        results: int | None = None,
    ) -> Traffic:
        """Send samples until there are `results` results (all by default).

        Parameters
        ----------
        x : int64, (samples, channels)
        pause_i, pause_o : float
            Probabilities that a clock passes without a sample offered, or without readiness.
        results : int, optional
            Stop after so many.
        """
        payloads = _payloads(x, self.sidecar.input)
        wanted = len(x) if results is None else results
        limit = self._clock + self._limit(len(x), pause_i, pause_o)
        taken: list[int] = []
        offered: list[int] = []
        given: list[int] = []
        offering, held = False, None
        while len(given) < wanted:
            expect(self._clock < limit, f"{len(given)} results of {len(x)} samples, then nothing")
            offering = len(taken) < len(x) and (offering or self._random.random() >= pause_i)
            ready = self._random.random() >= pause_o
            await FallingEdge(self.dut.clk)
            self._drive(payloads[len(taken)] if offering else None, ready)
            await ReadOnly()
            if offering and self.dut.i__ready.value:
                taken.append(self._clock)
                offering = False
            held = self._observe(held, offered, len(given))
            if held is not None and ready:
                expect(len(given) < len(taken), "a result was given before its sample was taken")
                given.append(held)
                held = None
            self._clock += 1
        y = _values(given, self.sidecar.output)
        return Traffic(y, taken, offered)

    async def idle(self, clocks: int) -> None:
        """Take results for some clocks; there must be none."""
        for _ in range(clocks):
            await FallingEdge(self.dut.clk)
            self._drive(None, True)
            await ReadOnly()
            expect(not self.dut.o__valid.value, "a result is offered that no sample asked for")
            self._clock += 1

    def _drive(self, payload: int | None, ready: bool) -> None:
        # The payload of no sample is noise: the network must not look at it.
        bits = len(self.dut.i__payload)
        self.dut.i__payload.value = self._random.getrandbits(bits) if payload is None else payload
        self.dut.i__valid.value = int(payload is not None)
        self.dut.o__ready.value = int(ready)

    def _observe(self, held: int | None, offered: list[int], given: int) -> int | None:
        """The payload on offer, if any; once offered it stays."""
        if not self.dut.o__valid.value:
            expect(held is None, f"result {given} was withdrawn before it was taken")
            return None
        payload = int(self.dut.o__payload.value)
        expect(held in (None, payload), f"result {given} changed before it was taken")
        if held is None:
            offered.append(self._clock)
        return payload

    def _limit(self, samples: int, pause_i: float, pause_o: float) -> int:
        ideal = samples * self.sidecar.interval + self.sidecar.latency
        return 100 + int(5 * ideal / (1 - pause_i) / (1 - pause_o))


def expect(condition: bool, message: str) -> None:
    """Fail the bench with a sentence."""
    if not condition:
        raise AssertionError(message)


def _payloads(x: npt.NDArray[np.int64], channels: list[Channel]) -> list[int]:
    return [int.from_bytes(words.tobytes(), "little") for words in pack(x, channels)]


def _values(payloads: list[int], channels: list[Channel]) -> npt.NDArray[np.int64]:
    size = payload_words(channels)
    raw = b"".join(payload.to_bytes(4 * size, "little") for payload in payloads)
    return unpack(np.frombuffer(raw, "<u4").reshape(len(payloads), size), channels)
