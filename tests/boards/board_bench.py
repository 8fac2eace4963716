"""A whole board at its pins, driven by the host client: run by test_board.py inside cocotb."""

import os
import random
from collections import deque
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.task import bridge, resume
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge, Timer
from cocotb.utils import get_sim_time

from mulbudget.boards.client import Client, check_network
from mulbudget.boards.frame import Info, Kind, encode, fingerprint
from mulbudget.spn import UserError, load

CLOCK_NS = 10
DIVIDER = int(os.environ.get("BENCH_DIVIDER", "8"))
BIT_NS = DIVIDER * CLOCK_NS
BAUD = round(1e9 / BIT_NS)
TIMEOUT = 100e-6  # simulated


class Line:
    """A serial port at the pins of the simulated board; `damage` changes bytes on their way."""

    def __init__(self, dut: Any, damage: float = 0) -> None:
        self._dut, self._damage = dut, damage
        self._rng = random.Random(0)
        self._arrived: deque[int] = deque()

    def write(self, content: bytes) -> int:
        """Return when the last byte has left."""
        resume(self._send)(content)
        return len(content)

    def read(self, size: int = 1) -> bytes:
        if not self._arrived:
            resume(self._wait)()
        return bytes(self._arrived.popleft() for _ in range(min(size, len(self._arrived))))

    def now(self) -> float:
        return float(resume(self._time)())

    async def listen(self) -> None:
        while True:
            await FallingEdge(self._dut.tx)
            await Timer(BIT_NS // 2, "ns")
            byte = 0
            for bit in range(8):
                await Timer(BIT_NS, "ns")
                byte |= int(self._dut.tx.value) << bit
            await Timer(BIT_NS, "ns")
            assert self._dut.tx.value == 1, "no stop bit"
            self._arrived.append(self._damaged(byte))

    async def _send(self, content: bytes) -> None:
        for byte in content:
            frame = self._damaged(byte) << 1 | 1 << 9
            for bit in range(10):
                self._dut.rx.value = frame >> bit & 1
                await Timer(BIT_NS, "ns")

    async def _wait(self) -> None:
        await Timer(10 * BIT_NS, "ns")

    async def _time(self) -> float:
        return get_sim_time("ns") * 1e-9

    def _damaged(self, byte: int) -> int:
        return byte ^ (1 << self._rng.randrange(8) if self._rng.random() < self._damage else 0)


async def _start(dut: Any, damage: float = 0) -> tuple[Line, Client]:
    dut.rx.value = 1
    dut.rst.value = 1
    cocotb.start_soon(Clock(dut.clk, CLOCK_NS, "ns").start())
    await ClockCycles(dut.clk, 3)
    await RisingEdge(dut.clk)
    dut.rst.value = 0
    line = Line(dut, damage)
    cocotb.start_soon(line.listen())
    return line, Client(line, BAUD, TIMEOUT, clock=line.now)


NETWORK = load(Path(os.environ["BENCH_NETWORK"]))
LATENCY = int(os.environ["BENCH_LATENCY"])


def _samples(count: int) -> np.ndarray:
    limits = NETWORK.input.entries
    rng = np.random.default_rng(0)
    random_ones = rng.integers(limits.low, limits.high, (count, limits.channels), endpoint=True)
    return np.concatenate([[limits.low], [limits.high], random_ones])


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def the_host_gets_the_networks_results(dut: Any) -> None:
    _, client = await _start(dut)
    info = await bridge(client.info)()
    assert info == Info.of(NETWORK, LATENCY)
    check_network(info, fingerprint(NETWORK), "net")
    samples = _samples(20)
    results = await bridge(client.infer)(samples, info)
    assert results.tolist() == NETWORK.run(samples).tolist()
    assert client.retries == 0


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def damaged_bytes_cost_time_and_never_a_result(dut: Any) -> None:
    _, client = await _start(dut, damage=0.01)
    samples = _samples(20)
    results = await bridge(client.infer)(samples, Info.of(NETWORK, LATENCY))
    assert results.tolist() == NETWORK.run(samples).tolist()
    assert client.retries > 0


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def a_value_out_of_range_is_refused(dut: Any) -> None:
    _, client = await _start(dut)
    samples = _samples(3)
    samples[2, 1] = NETWORK.input.entries.high[1] + 1

    def infer() -> str:
        try:
            client.infer(samples, Info.of(NETWORK, LATENCY))
        except UserError as error:
            return str(error)
        return ""

    assert "refuses sample 2" in await bridge(infer)()


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def a_reset_in_the_middle_of_a_frame_is_forgotten(dut: Any) -> None:
    line, client = await _start(dut)
    frame = encode(Kind.INFO, 1)
    await bridge(line.write)(frame[:4])
    dut.rst.value = 1
    await ClockCycles(dut.clk, 2)
    dut.rst.value = 0
    assert await bridge(client.info)() == Info.of(NETWORK, LATENCY)
