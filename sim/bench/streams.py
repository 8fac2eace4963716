"""What every generated network must do on its streams, at its pins and clock by clock."""

from typing import Any

import cocotb
import numpy as np
import numpy.typing as npt

from mulbudget.sim.bench.driver import Driver, Traffic, expect
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
    for what, clocks in (("samples are taken", traffic.taken), ("results come", traffic.offered)):
        gaps = set(np.diff(clocks).tolist())
        expect(
            gaps <= {driver.sidecar.interval},
            f"{what} every {sorted(gaps)} clocks, not every {driver.sidecar.interval}",
        )
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
        await driver.idle(index)


@cocotb.test(timeout_time=TIMEOUT_MS, timeout_unit="ms")
@cocotb.parametrize(
    (("pause_i", "pause_o"), [(0.5, 0.0), (0.0, 0.5), (0.3, 0.3), (0.1, 0.8), (0.8, 0.1)])
)
async def random_stalls(dut: Any, pause_i: float, pause_o: float) -> None:
    """Both streams pause at random, and nothing is lost, repeated or changed."""
    driver = Driver(dut)
    await driver.start()
    x = driver.inputs(seed=2)
    traffic = await driver.run(x, pause_i=pause_i, pause_o=pause_o)
    _expect_values(driver, x, traffic)
    await driver.idle(driver.sidecar.latency + 4)


@cocotb.test(timeout_time=TIMEOUT_MS, timeout_unit="ms")
@cocotb.parametrize(pause_o=[0.0, 0.5])
async def reset_in_the_middle(dut: Any, pause_o: float) -> None:
    """A reset drops the samples on their way, and the next ones are as if they were the first."""
    driver = Driver(dut)
    await driver.start()
    for attempt in range(4):
        x = driver.inputs(seed=3 + attempt)
        await driver.run(x, pause_o=pause_o, results=min(attempt, len(x)))
        await driver.reset(1 + attempt)
        await driver.idle(driver.sidecar.latency + 4)
    x = driver.inputs(seed=7)
    traffic = await driver.run(x)
    _expect_values(driver, x, traffic)
    _expect_latency(driver, traffic)


def _expect_values(driver: Driver, x: npt.NDArray[np.int64], traffic: Traffic) -> None:
    difference = first_difference(driver.network.run(x), traffic.y)
    expect(difference is None, str(difference))


def _expect_latency(driver: Driver, traffic: Traffic) -> None:
    latencies = {
        after - before for before, after in zip(traffic.taken, traffic.offered, strict=True)
    }
    expect(
        latencies == {driver.sidecar.latency},
        f"latency is {sorted(latencies)} clocks, not {driver.sidecar.latency}",
    )
