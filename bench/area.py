"""What a whole network takes of an ECP5: Yosys maps it, and nextpnr packs it."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.synthesis import script
from mulbudget.boards.report import read_report
from mulbudget.hw.accelerator import Accelerator
from mulbudget.hw.families import find_family
from mulbudget.hw.plan import make_plan
from mulbudget.hw.verilog import convert
from mulbudget.sim import tools
from mulbudget.sim.carries import shorten
from mulbudget.spn import ArgMax, Network, Node, Range, Tensor
from mulbudget.spn.files import write_whole

FAMILY, DEVICE = "ecp5", "--85k"

CELLS = ("TRELLIS_COMB", "TRELLIS_FF", "MULT18X18D")
"""LUTs, flip-flops and multipliers, as nextpnr calls them."""

LEVELS = 2
"""Adders between registers, in every network."""


@dataclass(frozen=True)
class Area:
    """Cells after packing: four-input LUTs with those of carry chains, flip-flops, multipliers."""

    lut: int
    ff: int
    dsp: int

    def __add__(self, other: "Area") -> "Area":
        return Area(self.lut + other.lut, self.ff + other.ff, self.dsp + other.dsp)


def area_of_network(network: Network, dsp: int | None = 0) -> Area:
    """Of a network in the parallel style, with its streams; `dsp` as for `make_plan`."""
    plan = make_plan(network, family=FAMILY, dsp=dsp, levels_per_stage=LEVELS)
    with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as temporary:
        source = write_whole(Path(temporary) / "top.v", convert(Accelerator(network, plan), "top"))
        return packed([source], Path(temporary))


def area_of_argmax(logits: Range) -> Area:
    """Of what finds the largest of so many signed numbers: our own, which peers get as well."""
    network = Network(
        "argmax", Tensor((logits.channels,), 0, logits), [Node("argmax", ArgMax(), Network.INPUT)]
    )
    return area_of_network(network)


def packed(sources: Sequence[Path], folder: Path) -> Area:
    """Cells of the module `top`; `sources` lie in `folder`.

    What Yosys infers goes into LUTs: it would give a multiplier to every product by a constant.
    """
    names = [str(each.relative_to(folder)) for each in sources]
    made = script(names, "top", f"{find_family(FAMILY).synth} -noabc9 -top top", "top.json")
    tools.find("yosys").run("-q", "-p", made, folder=folder)
    shorten(folder / "top.json")
    # Without pins, of which a network has more than any package.
    tools.find("nextpnr-ecp5").run(
        *(DEVICE, "--json", "top.json", "--pack-only", "--out-of-context"),
        *("--report", "cells.json"),
        folder=folder,
    )
    cells, _ = read_report(folder / "cells.json")
    return Area(*(cells[name].used for name in CELLS))
