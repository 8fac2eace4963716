"""Samples per second and LUT of a dense network in the parallel style, beside da4ml's Verilog."""

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from bench import peer_network, peers
from bench.area import FAMILY
from bench.peer_network import CLAMPS, PRODUCTS, SUMS
from bench.place import WEIGHT, Design, Port, place
from bench.report import Row, report
from mulbudget.hw.accelerator import Accelerator
from mulbudget.hw.lower import live_products
from mulbudget.hw.plan import make_plan
from mulbudget.hw.verilog import convert, describe
from mulbudget.sim.batch import BatchSimulator
from mulbudget.sim.compare import compare
from mulbudget.sim.inputs import random_inputs
from mulbudget.spn import Network, SumProduct, UserError, load, width
from mulbudget.spn.files import write_whole

SETTINGS = ["1:1", "2:1", "1:2"]
"""How da4ml cuts its pipeline: its latency cutoff, and registers behind each stage."""

FORMS_OF_PRODUCTS: list[str] = [*PRODUCTS]
FORMS_OF_CLAMPS: list[str] = [*CLAMPS]

LEVELS, SEEDS = [1], [1]

SHORTER, SYNTHESISED = "shorter chains", "as synthesised"
"""What nextpnr gets of da4ml's: carry chains rewritten as ours are, or as its users have them."""

PER_LUT = "samples/s/LUT"
"""Both take a sample every clock."""


@dataclass(frozen=True)
class Case:
    """A design and what it is called; `exact` samples of `samples` are the network's."""

    names: dict[str, str]
    design: Design
    samples: int
    exact: int


def main(
    file: Annotated[Path, typer.Argument(help="A .spn file of a dense network.")],
    level: Annotated[list[int], typer.Option(help="Adders between our registers.")] = LEVELS,
    setting: Annotated[
        list[str], typer.Option(help="da4ml's latency cutoff:registers behind a stage.")
    ] = SETTINGS,
    product: Annotated[
        list[str], typer.Option(help="Ways to write a layer for da4ml.")
    ] = FORMS_OF_PRODUCTS,
    clamp: Annotated[
        list[str], typer.Option(help="Ways to write a saturation for da4ml.")
    ] = FORMS_OF_CLAMPS,
    keep: Annotated[
        bool, typer.Option(help="Also with every sum of da4ml's kept by synthesis.")
    ] = True,
    seed: Annotated[list[int], typer.Option(help="Of placement; the median clock counts.")] = SEEDS,
    samples: Annotated[int, typer.Option(help="Samples to simulate, of each design.")] = 1000,
    weight: Annotated[int, typer.Option(help="Of delays in the placement of da4ml's.")] = WEIGHT,
    our_weight: Annotated[int, typer.Option(help="Of delays in the placement of ours.")] = WEIGHT,
    dsp: Annotated[int, typer.Option(help="Products of ours in multipliers, beside none.")] = 0,
    handshake: Annotated[bool, typer.Option(help="Also ours with valid and ready used.")] = True,
    synthesised: Annotated[
        bool, typer.Option(help="Also da4ml's with the carry chains that its users have.")
    ] = True,
) -> None:
    """Place and route a dense network in the parallel style, and da4ml's Verilog of the same."""
    if "da4ml" not in peers.installed():
        raise UserError(f"this compares with da4ml: {peers.versions()}")
    network = load(file)
    x = random_inputs(network.input, samples, 0)
    theirs = _theirs(network, [*itertools.product(product, clamp)], setting, x, keep=keep)
    ours = (
        _ours(network, levels, multipliers, x, handshake=used)
        for multipliers in sorted({0, dsp})
        for used in ((False, True) if handshake else (False,))
        for levels in level
    )
    netlists = [SHORTER, SYNTHESISED] if synthesised else [SHORTER]
    rows = (_row(case, each, seed, weight) for case, each in itertools.product(theirs, netlists))
    own = (_row(case, SHORTER, seed, our_weight) for case in ours)
    report("throughput", _compared(rows, own, netlists))
    print(peers.versions())


def _compared(theirs: Iterable[Row], ours: Iterable[Row], netlists: list[str]) -> Iterator[Row]:
    """Their rows, then ours, with the ratio of samples a second and LUT to their best."""
    best = dict.fromkeys(netlists, 0.0)
    for row in theirs:
        netlist = str(row["netlist"])
        best[netlist] = max(best[netlist], float(row[PER_LUT]))
        yield row | {f"times da4ml, {each}": "" for each in best}
    for row in ours:
        yield row | {
            f"times da4ml, {netlist}": f"{float(row[PER_LUT]) / most:.3f}"
            for netlist, most in best.items()
        }


def _row(case: Case, netlist: str, seeds: list[int], weight: int) -> Row:
    """The median clock of all seeds; the cells are those of every seed."""
    shorter = netlist == SHORTER
    made = [place(case.design, seed, weight=weight, shorter=shorter) for seed in seeds]
    mhz, luts = float(np.median([each.mhz for each in made])), made[0].luts
    return {
        **case.names,
        "netlist": netlist,
        "weight": weight,
        "LUTs": luts,
        "FFs": made[0].flip_flops,
        "DSPs": made[0].dsps,
        "Fmax [MHz]": mhz,
        PER_LUT: mhz * 1e6 / luts,
        "samples": case.samples,
        "exact": case.exact,
    }


def _ours(network: Network, levels: int, dsp: int, x: Any, *, handshake: bool) -> Case:
    """Ours, as in a larger system that stalls, or in one that takes every result."""
    plan = make_plan(network, family=FAMILY, dsp=dsp, levels_per_stage=levels)
    accelerator = Accelerator(network, plan)
    sidecar = describe(network, plan, accelerator)
    text = convert(accelerator, network.name)
    with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as folder:
        file = write_whole(Path(folder) / f"{network.name}.v", text)
        outcome = compare(network, BatchSimulator(file, sidecar), x)
    if not outcome.passed:
        raise RuntimeError(f"our hardware is not the network: {outcome}")
    name = "handshake" if handshake else "every result taken"
    return Case(
        {"tool": "mulbudget", "form": f"{levels} a stage, {dsp} DSPs, {name}"},
        _our_design(network, accelerator, text, handshake),
        len(x),
        outcome.exact,
    )


def _our_design(network: Network, accelerator: Accelerator, text: str, handshake: bool) -> Design:
    """Valid and ready come from registers, or are always 1, as da4ml has it."""
    port = accelerator.inputs[0]
    inputs = (Port("i__payload", _bits(port.ends), idle_bits(network)),)
    outputs = (Port("o__payload", _bits(accelerator.output.ends)),)
    if handshake:
        return Design(
            top=network.name,
            sources=(text,),
            inputs=(*inputs, Port("i__valid", 1), Port("o__ready", 1), Port("rst", 1)),
            outputs=(*outputs, Port("o__valid", 1), Port("i__ready", 1)),
        )
    constants = (("i__valid", "1'b1"), ("o__ready", "1'b1"), ("rst", "1'b0"))
    return Design(
        top=network.name, sources=(text,), inputs=inputs, outputs=outputs, constants=constants
    )


def _bits(ends: list[tuple[int, int]]) -> int:
    return sum(width(*each)[0] for each in ends)


def idle_bits(network: Network) -> frozenset[int]:
    """Bits of the input that no product takes, which da4ml's ports do not have."""
    layer = network.nodes[0].operator
    if not isinstance(layer, SumProduct):
        raise UserError(f"{network.name} begins with {layer.kind}: the bench builds dense networks")
    live = live_products(layer, network.input.range)
    idle: list[int] = []
    first = 0
    for column, ends in zip(layer.wb[live].T, network.input.range.ends, strict=True):
        bits = width(*ends)[0]
        if not column.any():
            idle += range(first, first + bits)
        first += bits
    return frozenset(idle)


def _theirs(
    network: Network, forms: list[tuple[str, str]], settings: list[str], x: Any, *, keep: bool
) -> Iterator[Case]:
    """Its cheapest form by its own count, as it is written and with every sum kept."""
    traced = {form: peer_network.trace(network, *form) for form in forms}
    product, clamp = min(traced, key=lambda form: traced[form].cost)
    logic, y = traced[product, clamp], network.run(x).reshape(len(x), -1)
    for setting in settings:
        cutoff, registers = setting.split(":")
        with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as folder:
            written = peer_network.write(logic, Path(folder), float(cutoff), int(registers))
        right = (peer_network.simulate(written, x) == y).all(axis=1)
        for kept in ("", SUMS) if keep else ("",):
            design = Design(
                top="top",
                sources=tuple(written.texts.values()),
                inputs=(Port("model_inp", sum(written.inputs)),),
                outputs=(Port("model_out", sum(written.outputs)),),
                keep=kept,
            )
            form = f"{product}, {clamp}, {setting}" + (", sums kept" if kept else "")
            yield Case({"tool": "da4ml", "form": form}, design, len(x), int(right.sum()))
