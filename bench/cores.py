"""Cores that multiply matrices, beside those with a multiplier for each pair of entries."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from bench.report import Row, report
from mulbudget.boards.build import build, prepare
from mulbudget.boards.catalogue import find_board
from mulbudget.hw.plan import make_plan
from mulbudget.hw.verilog import write
from mulbudget.sim.batch import BatchSimulator
from mulbudget.sim.compare import compare
from mulbudget.sim.inputs import extreme_pairs, random_inputs
from mulbudget.spn import Network, find_product, load, with_standard_scheme

BOARD = "ulx3s-85f"
PAIRS = 1_000_000
CHUNK = 250_000
STANDARD = "standard"


def main(
    files: Annotated[list[Path], typer.Argument(help=".spn files that multiply matrices.")],
    pairs: Annotated[int, typer.Option(help="Random pairs of matrices to simulate.")] = PAIRS,
) -> None:
    """Build and simulate products of matrices, each also with the standard algorithm."""
    networks = [load(file) for file in files]
    report("cores", _built(networks))
    report("exact", (_simulated(network, pairs) for network in networks))


def _built(networks: list[Network]) -> Iterator[Row]:
    """What each takes of the device, as it suits the board's clock and with every register."""
    for network in networks:
        for each in (network, with_standard_scheme(network, name=STANDARD)):
            for levels in (None, 1):
                yield _row(each, find_product(each).title, levels)


def _row(network: Network, title: str, levels: int | None) -> Row:
    design = prepare(network, find_board(BOARD), levels_per_stage=levels)
    with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as folder:
        made = build(design, folder, fast=True)
    resources = {name: getattr(made, name) for name in ("lut", "ff", "dsp", "bram")}
    return {
        "product": title,
        "core": network.name,
        "levels": made.levels_per_stage,
        **{name: each.used for name, each in resources.items() if each is not None},
        "Fmax [MHz]": made.fmax_mhz or 0.0,
        "latency": made.latency,
        "interval": made.interval,
    }


def _simulated(network: Network, pairs: int) -> Row:
    """How many results of the Verilated core equal the integer product; corners come first."""
    with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as temporary:
        folder = Path(temporary)
        sidecar = write(network, make_plan(network, family="ecp5"), folder)
        simulator = BatchSimulator(folder / f"{network.name}.v", sidecar)
        _, corners = extreme_pairs(find_product(network), network.input)
        runs = [corners] if len(corners) else []
        for seed, start in enumerate(range(0, pairs, CHUNK)):
            runs.append(random_inputs(network.input, min(CHUNK, pairs - start), seed))
        outcomes = [compare(network, simulator, x) for x in runs]
    return {
        "product": find_product(network).title,
        "multipliers": sidecar.multipliers,
        "corners": len(corners),
        "pairs": sum(map(len, runs)),
        "exact": sum(outcome.exact for outcome in outcomes if outcome.passed),
        "interval": int(np.max([outcome.result.interval or 0 for outcome in outcomes])),
        "clocks of one": sidecar.latency,
    }
