"""What every generated network must do on its streams, at its pins and clock by clock."""

from typing import Any

import cocotb
import numpy as np
import numpy.typing as npt

from mulbudget.sim.bench.driver import Driver, Traffic
from mulbudget.sim.bench.ports import expect
from mulbudget.sim.compare import first_difference

TIMEOUT_MS = 100  # of simulated time: ten million clocks


@cocotb.test(timeout_time=TIMEOUT_MS, timeout_unit="ms")
async def back_to_back(dut: Any) -> None:
    """A sample as often as the network takes one, with its latency and interval to the clock."""
    driver = Driver(dut)
    await driver.start()
    x = driver.inputs()
    traffic = await driver.run(x)
    _expect_values(driver, x, traffic)
    _expect_latency(driver, traffic)
    _expect_interval(driver, "results come", traffic.offered)
    if not driver.sidecar.buffered:
        _expect_interval(driver, "samples are taken", traffic.taken)
    await driver.idle(driver.sidecar.latency + 4)


@cocotb.test(timeout_time=TIMEOUT_MS, timeout_unit="ms")
async def one_at_a_time(dut: Any) -> None:
    """A sample only after the result of the one before: latency does not depend on traffic."""
    driver = Driver(dut)
    await driver.start()
    x = driver.inputs(8, seed=1)
    for index in range(len(x)):
        traffic = await driver.run(x[index : index + 1])
        _expect_values(driver, x[index : index + 1], traffic)
        _expect_latency(driver, traffic)
        await driver.idle(index + driver.sidecar.settling)


@cocotb.test(timeout_time=TIMEOUT_MS, timeout_unit="ms")
@cocotb.parametrize(
    (("pause_i", "pause_o"), [(0.5, 0.0), (0.0, 0.5), (0.3, 0.3), (0.1, 0.8), (0.8, 0.1)])
)
async def random_stalls(dut: Any, pause_i: float, pause_o: float) -> None:
    """All streams pause at random, each input in turn more than the others.

    Nothing is lost, repeated or changed.
    """
    driver = Driver(dut)
    await driver.start()
    x = driver.inputs(seed=2)
    for slow in driver.sidecar.inputs:
        pauses = [pause_i if each is slow else pause_i / 4 for each in driver.sidecar.inputs]
        traffic = await driver.run(x, pauses=pauses, pause_o=pause_o)
        _expect_values(driver, x, traffic)
        await driver.idle(driver.sidecar.latency + 4)


@cocotb.test(timeout_time=TIMEOUT_MS, timeout_unit="ms")
@cocotb.parametrize(pause_o=[0.0, 0.5])
async def reset_in_the_middle(dut: Any, pause_o: float) -> None:
    """A reset drops what is on its way, and the next samples are as if they were the first.

    It comes at the first beats of a sample, and later ones when the hardware is full.
    """
    driver = Driver(dut)
    await driver.start()
    full = driver.sidecar.latency + 4 * driver.sidecar.interval
    for attempt, clocks in enumerate([1, 2, 3, *np.linspace(4, full + 4, 5, dtype=int).tolist()]):
        x = driver.inputs(seed=3 + attempt)
        await driver.run(x, pause_o=pause_o, clocks=clocks)
        await driver.reset(1 + attempt)
        await driver.idle(driver.sidecar.latency + 4)
        traffic = await driver.run(x[-2:])
        _expect_values(driver, x[-2:], traffic)
        _expect_latency(driver, traffic)


def _expect_values(driver: Driver, x: npt.NDArray[np.int64], traffic: Traffic) -> None:
    expected = driver.network.run(x)
    difference = first_difference(expected.reshape(len(expected), -1), traffic.y)
    expect(difference is None, str(difference))


def _expect_latency(driver: Driver, traffic: Traffic) -> None:
    """Of every sample; of the first only where samples wait for those before them."""
    samples = 1 if driver.sidecar.buffered else len(traffic.taken)
    clocks = list(zip(traffic.taken, traffic.offered, strict=True))[:samples]
    latencies = {after - before for before, after in clocks}
    expect(
        latencies == {driver.sidecar.latency},
        f"latency is {sorted(latencies)} clocks, not {driver.sidecar.latency}",
    )


def _expect_interval(driver: Driver, what: str, clocks: list[int]) -> None:
    gaps = set(np.diff(clocks).tolist())
    expect(
        gaps <= {driver.sidecar.interval},
        f"{what} every {sorted(gaps)} clocks, not every {driver.sidecar.interval}",
    )
