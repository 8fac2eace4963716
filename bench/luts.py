"""LUTs of adder graphs by Yosys, beside those of da4ml and alkaid."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import peers
from bench.matrices import RANDOM, Matrix, Random
from bench.report import Row
from bench.synthesis import Cells, synthesise
from mulbudget.hw.families import FAMILIES, Family

CASES = [RANDOM[seed] for seed in (1, 2, 3, 4, 5, 6, 8, 9, 15, 16)]
"""Ten of moderate size."""

BITS, LEVELS = 8, 2
"""Of a signed input, and adders between registers."""

_ADDERS_OF_PEERS = "w:v*"


def rows(case: Random) -> Iterator[Row]:
    """A row for each family."""
    matrix = case.matrix()
    with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as temporary:
        folder = Path(temporary)
        sources = {name: _write(name, matrix, folder) for name in peers.installed()}
        for family in (FAMILIES["ecp5"], FAMILIES["ice40-hx"]):
            row: Row = {"matrix": case.name, "family": family.title}
            for name, variants in sources.items():
                cells = _best(variants, family, folder)
                row |= {f"{name} LUTs": cells.luts, f"{name} FFs": cells.flip_flops}
            yield row


def _write(name: str, matrix: Matrix, folder: Path) -> list[list[Path]]:
    """Verilog of a peer, in each of the ways that it has."""
    if name == "da4ml":
        return [peers.write_da4ml(matrix, BITS, LEVELS, folder / "da4ml")]
    return [
        peers.write_alkaid(matrix, BITS, LEVELS, folder / f"alkaid-{ternary}", ternary=ternary)
        for ternary in (True, False)
    ]


def _best(variants: Sequence[Sequence[Path]], family: Family, folder: Path) -> Cells:
    """The fewest LUTs of all ways, as they are written and with every sum kept."""
    keeps = ("", _ADDERS_OF_PEERS)
    return min(synthesise(each, family, folder, keep) for each in variants for keep in keeps)
