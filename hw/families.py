"""Device families: what their synthesis is called, and what their DSP blocks take."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mulbudget.spn import UserError

_MOST_LEVELS = 8
"""Adders between registers: over deeper logic synthesis takes minutes."""

_MODELS = Path(__file__).parent / "models"


@dataclass(frozen=True, kw_only=True)
class Dsp:
    """A hardware multiplier.

    Parameters
    ----------
    primitive : str
        The cell that one product takes.
    bits : int
        Of each signed operand.
    model : Path
        Verilog that simulates the primitive as the generator uses it.
    registers : int
        Of its own that a product passes: 1 at the result, 2 at the operand too. Products beside it
        by shift-and-add wait as long, in flip-flops of the fabric.
    """

    primitive: str
    bits: int
    model: Path
    registers: int = 2


class Synthesis(NamedTuple):
    """Commands of Yosys: some, then `TOOL OPTIONS -top TOP`, then others."""

    before: tuple[str, ...]
    tool: str
    options: tuple[str, ...]
    top: str
    after: tuple[str, ...]

    def __str__(self) -> str:
        main = " ".join([self.tool, *self.options, "-top", self.top])
        return "; ".join([*self.before, main, *self.after])


@dataclass(frozen=True, kw_only=True)
class Family:
    """A device family.

    Parameters
    ----------
    name, title : str
        On the command line, and in tables.
    synth : str
        The Yosys pass that maps to its cells, without inference of DSP blocks: products that are
        meant for one are instances already. And without the multiplexers that make one wide LUT of
        two: Yosys takes these for cheaper than LUTs, and makes logic of them that is up to a third
        larger.
    mapping : str
        What ABC9 does in that pass, where its own way to LUTs is not the best: the second round of
        choices, mapping and don't-cares takes up to a tenth of the LUTs of serial layers away.
        Where it is given, resets of few flip-flops become logic too: a tile has a single reset, and
        those with others find no place near.
    cells : str
        Folder of the family in Yosys's share folder, which holds cells_sim.v.
    dsp : Dsp or None
        Its multiplier, where it has one.
    level_ns : float
        A cautious delay in nanoseconds of an adder with its wires.
    free_subtraction : bool
        Whether the carry chain inverts an operand by itself; else a row of inverters does.
    free_flip_flops : bool
        Whether a flip-flop with a reset takes no LUT, whatever it is fed with.
    carry_cell : Path or None
        Verilog that simulates the cell of the carry chain, where one adds a masked term.
    carry_bits : int
        Bits of a sum that a cell of the carry chain makes.
    carry_share : float
        Of the LUTs, that may be in carry chains: nextpnr finds no place for more of them, as they
        have rows of their own, or no way for the wires of so many operands.
    outlet : bool
        Whether a pipeline whose results are short never stops, and has an `outlet.Outlet`: a clock
        enable of all its registers is slow, and LUTs are memory.
    """

    name: str
    title: str
    synth: str
    cells: str
    dsp: Dsp | None
    level_ns: float
    free_subtraction: bool = True
    free_flip_flops: bool = False
    carry_cell: Path | None = None
    carry_bits: int = 1
    carry_share: float = 1.0
    outlet: bool = False
    mapping: str = ""

    def synthesis(self, top: str, *options: str) -> Synthesis:
        """How Yosys maps a module `top` to the family's cells."""
        tool, *own = self.synth.split()
        options = (*own, *options)
        if not self.mapping:
            return Synthesis((), tool, options, top, ())
        rest = " ".join([tool, *options, "-top", top, "-run", f"{_RESETS}:"])
        return Synthesis(
            (f"scratchpad -set abc9.script {self.mapping}",),
            tool,
            (*options, "-run", f":{_RESETS}"),
            top,
            ("opt_clean", f"dfflegalize {_FLIP_FLOPS} -minsrst {_FEWEST}", rest),
        )

    def levels_per_stage(self, clock_mhz: float) -> int:
        """How many adders in a chain settle within a clock, from 1 to 8."""
        return min(max(1, int(1000 / clock_mhz / self.level_ns)), _MOST_LEVELS)


def _dsp(primitive: str, bits: int, registers: int = 2) -> Dsp:
    model = _MODELS / f"{primitive}.v"
    return Dsp(primitive=primitive, bits=bits, model=model, registers=registers)


_ROUND = "&dch,-f;&if,{C},{W},{D},{R};&mfs"
_TWICE = f"+{_ROUND};{_ROUND}"
"""Commands of ABC9, in the words of Yosys."""

_RESETS = "map_ffs"
"""The part of synthesis before which resets of fewer flip-flops than `_FEWEST` become logic."""

_FEWEST = 16

_FLIP_FLOPS = " ".join(
    f"-cell {cell}"
    for cell in (
        "$_DFF_?_ 01",
        "$_DFF_?P?_ r",
        "$_SDFF_?P?_ r",
        "$_DFFE_??_ 01",
        "$_DFFE_?P??_ r",
        "$_SDFFE_?P??_ r",
        "$_DLATCH_?_ x",
    )
)
"""Those of an ECP5, as its synthesis has them."""

FAMILIES = {
    family.name: family
    for family in (
        Family(
            name="ecp5",
            title="Lattice ECP5",
            synth="synth_ecp5 -nodsp -nowidelut",
            cells="ecp5",
            dsp=_dsp("MULT18X18D", 18),
            level_ns=4.0,
            free_flip_flops=True,
            carry_cell=_MODELS / "CCU2C.v",
            carry_bits=2,
            carry_share=0.33,
            outlet=True,
            mapping=_TWICE,
        ),
        Family(
            name="ice40-up",
            title="Lattice iCE40 UltraPlus",
            synth="synth_ice40 -device u",
            cells="ice40",
            dsp=_dsp("SB_MAC16", 16, registers=1),
            level_ns=9.0,
            free_subtraction=False,
        ),
        Family(
            name="ice40-hx",
            title="Lattice iCE40 HX",
            synth="synth_ice40 -device hx",
            cells="ice40",
            dsp=None,
            level_ns=5.0,
            free_subtraction=False,
        ),
        Family(
            name="gw1n",
            title="Gowin GW1N",
            synth="synth_gowin -family gw1n -nodsp -nowidelut",
            cells="gowin",
            dsp=_dsp("MULT18X18", 18),
            level_ns=5.0,
            carry_share=0.75,
        ),
        Family(
            name="gw2a",
            title="Gowin GW2A",
            synth="synth_gowin -family gw2a -nodsp -nowidelut",
            cells="gowin",
            dsp=_dsp("MULT18X18", 18),
            level_ns=4.0,
            carry_share=0.75,
        ),
    )
}


def find_family(name: str) -> Family:
    """The family of that name; `UserError` with the names there are otherwise."""
    if name not in FAMILIES:
        raise UserError(f"there is no device family {name!r}: choose from {', '.join(FAMILIES)}")
    return FAMILIES[name]
