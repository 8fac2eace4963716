"""LUTs of adder graphs by Yosys, beside those of da4ml and alkaid."""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from bench import peers
from bench.matrices import RANDOM, Matrix, Random
from bench.report import Row
from bench.search import timed
from bench.synthesis import synthesise
from mulbudget.hw.adders import AdderGraph, least_depth, optimize
from mulbudget.hw.circuit import Circuit
from mulbudget.hw.cost import Cost
from mulbudget.hw.families import Family, find_family
from mulbudget.hw.verilog import convert_circuit
from mulbudget.spn import Range
from mulbudget.spn.files import write_whole

CASES = [RANDOM[seed] for seed in (1, 2, 3, 4, 5, 6, 8, 9, 15, 16)]
"""Ten of moderate size."""

BITS, LEVELS = 8, 2
"""Of a signed input, and adders between registers."""

SECONDS = 10.0
"""For our graph."""

_ADDERS_OF_PEERS = "w:v*"
"""How both name the wires of their sums, in the words of Yosys."""


def against_peers(case: Random) -> Iterator[Row]:
    """A row for each family; flip-flops without those that da4ml and alkaid put at the inputs."""
    matrix = case.matrix()
    graph, _ = timed(matrix, SECONDS)
    with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as temporary:
        folder = Path(temporary)
        sources = {name: _write(name, matrix, folder) for name in peers.installed()}
        for family in map(find_family, ("ecp5", "ice40-hx")):
            row: Row = {"matrix": case.name, "family": family.title}
            ours = synthesise([_write_ours(graph, family, folder)], family, folder)
            row |= {"ours LUTs": ours.luts, "ours FFs": ours.flip_flops}
            for name, variants in sources.items():
                theirs = _best(variants, family, folder)
                row |= {
                    f"{name} LUTs": theirs.luts,
                    f"{name} FFs": theirs.flip_flops - BITS * case.n_in,
                    f"ratio to {name}": ours.luts / theirs.luts,
                }
            yield row


def estimates(case: Random) -> Iterator[Row]:
    """What `AdderGraph.cost` says of three graphs, beside what synthesis makes of them."""
    graphs = _graphs(case.matrix())
    for (kind, graph), name in product(graphs.items(), ("ecp5", "ice40-hx", "gw2a")):
        family = find_family(name)
        said = graph.cost(family, inputs(graph.n_in), levels_per_stage=LEVELS)
        with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as temporary:
            folder = Path(temporary)
            made = synthesise([_write_ours(graph, family, folder)], family, folder)
        yield {
            "matrix": case.name,
            "graph": kind,
            "family": family.title,
            "estimated LUTs": said.luts,
            "LUTs": made.luts,
            "error of LUTs": said.luts / made.luts - 1,
            "estimated FFs": said.flip_flops,
            "FFs": made.flip_flops,
            "error of FFs": said.flip_flops / made.flip_flops - 1,
        }


def _graphs(matrix: Matrix) -> dict[str, AdderGraph]:
    return {
        "pairs": optimize(matrix, iterations=0),
        "searched": timed(matrix, 1)[0],
        "shallow": timed(matrix, 1, least_depth(matrix))[0],
    }


def inputs(n_in: int) -> Range:
    """Of so many inputs of `BITS` bits."""
    return Range.uniform(-(2 ** (BITS - 1)), 2 ** (BITS - 1) - 1, n_in)


def _write_ours(graph: AdderGraph, family: Family, folder: Path) -> Path:
    x = inputs(graph.n_in)
    circuit = Circuit("top", graph, x, levels_per_stage=LEVELS, family=family)
    return write_whole(folder / f"{family.name}.v", convert_circuit(circuit))


def _write(name: str, matrix: Matrix, folder: Path) -> list[list[Path]]:
    """Verilog of a peer, in each of the ways that it has."""
    if name == "da4ml":
        return [peers.write_da4ml(matrix, BITS, LEVELS, folder / "da4ml")]
    return [
        peers.write_alkaid(matrix, BITS, LEVELS, folder / f"alkaid-{ternary}", ternary=ternary)
        for ternary in (True, False)
    ]


def _best(variants: Sequence[Sequence[Path]], family: Family, folder: Path) -> Cost:
    """The fewest LUTs of all ways, as they are written and with every sum kept.

    Without that Yosys fuses adders between two registers into wider ones of plain LUTs.
    """
    keeps = ("", _ADDERS_OF_PEERS)
    costs = [synthesise(each, family, folder, keep) for each in variants for keep in keeps]
    return min(costs, key=lambda cost: cost.luts)
