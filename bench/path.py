"""Time of each step from a trained network on, and samples a second of the two simulations."""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.command import timed
from mulbudget.cli.console import console, table
from mulbudget.hw.plan import make_plan
from mulbudget.hw.verilog import write
from mulbudget.sim.batch import BatchSimulator
from mulbudget.sim.inputs import random_inputs
from mulbudget.spn import load

NETWORK = Path("runs/digits-28-0/network.spn")
SAMPLES = 100_000
REPEATS = 3


def main() -> None:
    """Print the steps for the network that `make train` makes."""
    if not NETWORK.exists():
        sys.exit(f"there is no {NETWORK}: run 'make train' first")
    with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as temporary:
        folder = Path(temporary)
        cold = {"MULBUDGET_CACHE": str(folder / "cache")}
        rows: list[list[object]] = [
            ["generate Verilog", _seconds(timed("verilog", NETWORK, "--out", folder))],
            ["simulate, first time", _seconds(timed("sim", NETWORK, **cold))],
            ["simulate again", _seconds(timed("sim", NETWORK, **cold))],
            *_throughput(folder),
        ]
    console().print(table(f"steps of {NETWORK}", ("step", "time"), rows, text=["step"]))


def _throughput(folder: Path) -> list[list[object]]:
    network = load(NETWORK)
    sidecar = write(network, make_plan(network), folder)
    simulator = BatchSimulator(folder / f"{network.name}.v", sidecar)
    x = random_inputs(network.input, SAMPLES, seed=0)
    software, hardware = [], []
    for _ in range(REPEATS):
        start = time.perf_counter()
        network.run(x)
        middle = time.perf_counter()
        simulator.run(x)
        software.append(middle - start)
        hardware.append(time.perf_counter() - middle)
    return [
        ["network.run", f"{SAMPLES / statistics.median(software):,.0f} samples/s"],
        ["simulated RTL", f"{SAMPLES / statistics.median(hardware):,.0f} samples/s"],
    ]


def _seconds(value: float) -> str:
    return f"{value:.1f} s"
