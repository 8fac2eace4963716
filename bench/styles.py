"""LUTs of the adder graphs of a network in each style, by Yosys, beside the clocks of a sample."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from amaranth.lib import wiring

from bench.report import Row, report
from bench.synthesis import synthesise
from mulbudget.hw.digits import word_bits
from mulbudget.hw.families import Family, find_family
from mulbudget.hw.folded import FoldedLayer
from mulbudget.hw.folding import fold
from mulbudget.hw.lower import lower_graph, small_graph
from mulbudget.hw.parallel import ParallelLayer
from mulbudget.hw.serial import SerialLayer
from mulbudget.hw.verilog import convert
from mulbudget.spn import Range, SumProduct, load
from mulbudget.spn.files import write_whole

LEVELS = 2
"""Adders between registers."""

DIGITS, LANES = (1, 4, 8), (1, 2, 4, 8)


def main(
    file: Annotated[Path, typer.Argument(help="A .spn file with dense layers.")],
    family: Annotated[str, typer.Option(help="A device family.")] = "ecp5",
) -> None:
    """Compare the styles on Wb of each dense layer of a network."""
    network, device = load(file), find_family(family)

    def rows() -> Iterator[Row]:
        for node in network.nodes:
            if isinstance(node.operator, SumProduct):
                x = network.tensors[node.input].range
                yield from _rows(node.name, node.operator, x, device)

    report("styles", rows(), by="layer")


def _rows(name: str, layer: SumProduct, x: Range, family: Family) -> Iterator[Row]:
    datapath = lower_graph(small_graph(layer.wb), x)
    parallel = ParallelLayer(name, datapath, levels_per_stage=LEVELS, family=family)
    first = _luts(parallel, family)
    yield {"layer": name, "style": "parallel", "clocks": 1, "LUTs": first, "ratio to parallel": 1.0}
    components: list[tuple[str, SerialLayer | FoldedLayer]] = [
        (f"serial:{digit}", SerialLayer(name, datapath, digit=digit, levels_per_stage=LEVELS))
        for digit in DIGITS
        if digit <= word_bits(datapath)
    ]
    for lanes in LANES:
        folding = fold(layer, x, lanes=lanes, multipliers=1)
        folded = FoldedLayer(
            name, folding, x.ends, levels_per_stage=LEVELS, registers=2, family=family
        )
        components.append((f"folded:{lanes}", folded))
    for style, component in components:
        luts = _luts(component, family)
        yield {
            "layer": name,
            "style": style,
            "clocks": component.interval,
            "LUTs": luts,
            "ratio to parallel": luts / first,
        }


def _luts(component: wiring.Component, family: Family) -> int:
    with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as temporary:
        source = write_whole(Path(temporary) / "top.v", convert(component, "top"))
        return synthesise([source], family, Path(temporary)).luts
