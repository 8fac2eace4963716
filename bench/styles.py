"""LUTs of the layers of a network in each style, by Yosys, beside the clocks of a sample."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from amaranth.lib import wiring

from bench.report import Row, report
from bench.synthesis import synthesise
from mulbudget.hw.datapath import Datapath
from mulbudget.hw.digits import word_bits
from mulbudget.hw.families import Family, find_family
from mulbudget.hw.folded import FoldedLayer
from mulbudget.hw.folding import fold
from mulbudget.hw.lower import lower_graph, lower_sum_product, small_graph
from mulbudget.hw.parallel import ParallelLayer
from mulbudget.hw.serial import SerialLayer
from mulbudget.hw.streams import places
from mulbudget.hw.verilog import convert
from mulbudget.spn import Range, SumProduct, load
from mulbudget.spn.files import write_whole

LEVELS = 2
"""Adders between registers."""

DIGITS, LANES = [1, 2, 3, 4], [1, 2, 4, 8]

Styled = Iterator[tuple[str, ParallelLayer | SerialLayer | FoldedLayer]]


def main(
    file: Annotated[Path, typer.Argument(help="A .spn file with dense layers.")],
    family: Annotated[str, typer.Option(help="A device family.")] = "ecp5",
    digit: Annotated[list[int], typer.Option(help="Bits of digits.")] = DIGITS,
    lanes: Annotated[list[int], typer.Option(help="Inputs a clock.")] = LANES,
) -> None:
    """Compare the styles on the adder graph of Wb of each dense layer, and on the whole layer."""
    network, device = load(file), find_family(family)

    def rows() -> Iterator[Row]:
        for node in network.nodes:
            if isinstance(node.operator, SumProduct):
                x = network.tensors[node.input].range
                graphs = _graphs(node.operator, x, device, digit)
                yield from _rows(node.name, "Wb", graphs, device)
                layers = _layers(node.operator, x, device, digit, lanes)
                yield from _rows(node.name, "whole", layers, device)

    report("styles", rows(), by="part")


def _graphs(layer: SumProduct, x: Range, family: Family, digits: Sequence[int]) -> Styled:
    """The adder graph of Wb alone, digits of the inputs chosen from words."""
    shallow = lower_graph(small_graph(layer.wb), x)
    yield "parallel", ParallelLayer("wb", shallow, levels_per_stage=LEVELS, family=family)
    yield from _serial(lower_graph(small_graph(layer.wb, deep=True), x), family, digits)


def _layers(
    layer: SumProduct, x: Range, family: Family, digits: Sequence[int], lanes: Sequence[int]
) -> Styled:
    """Sums, products in logic, and biases; folded ones take their inputs in blocks."""
    shallow = lower_sum_product(layer, x, dsp=())
    yield "parallel", ParallelLayer("layer", shallow, levels_per_stage=LEVELS, family=family)
    yield from _serial(lower_sum_product(layer, x, dsp=(), deep=True), family, digits)
    for count in lanes:
        folding = fold(
            layer, x, lanes=count, multipliers=1, beats=places((layer.n_in,), (count,)), dsp=0
        )
        yield (
            f"folded:{count}",
            FoldedLayer(
                "layer", folding, folding.taken, levels_per_stage=LEVELS, registers=2, family=family
            ),
        )


def _serial(datapath: Datapath, family: Family, digits: Sequence[int]) -> Styled:
    for digit in digits:
        if digit <= word_bits(datapath):
            yield (
                f"serial:{digit}",
                SerialLayer("layer", datapath, digit=digit, levels_per_stage=LEVELS, family=family),
            )


def _rows(name: str, part: str, components: Styled, family: Family) -> Iterator[Row]:
    first = None
    for style, component in components:
        luts = _luts(component, family)
        first = first or luts
        yield {
            "layer": name,
            "part": part,
            "style": style,
            "clocks": component.interval,
            "LUTs": luts,
            "ratio to parallel": luts / first,
        }


def _luts(component: wiring.Component, family: Family) -> int:
    with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as temporary:
        source = write_whole(Path(temporary) / "top.v", convert(component, "top"))
        return synthesise([source], family, Path(temporary)).luts
