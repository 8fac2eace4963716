"""Verilog placed and routed on an ECP5, between registers that belong to no design."""

import json
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from bench.area import CELLS, FAMILY
from bench.report import FOLDER
from bench.synthesis import script
from mulbudget.boards.report import read_report
from mulbudget.hw.families import find_family
from mulbudget.sim import tools
from mulbudget.sim.carries import RULES, shorten
from mulbudget.spn.files import make_folder, write_whole

TOP = "around"

SYNTH = str(find_family(FAMILY).synthesis(TOP))
"""As bitstreams are synthesised: products are logic, or instances of a DSP block."""

PLACE = ("--85k", "--package", "CABGA381", "--router", "router2", "--timing-allow-fail")
"""The largest device, whose rows of carry chains limit no design."""

PINS = 'LOCATE COMP "clk" SITE "G2";\n'
"""The clock on a pin with a way to the clock network, which nextpnr does not see to."""

MHZ = 250
"""What nextpnr is asked for; it goes on to the best that it finds either way."""

WEIGHT = 10
"""How much delays count in nextpnr's placement unless it is told."""


@dataclass(frozen=True)
class Port:
    """A port of the design: its name and its bits, of which `idle` make no difference."""

    name: str
    bits: int
    idle: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Design:
    """Verilog of a module with a clock `clk`.

    Parameters
    ----------
    top : str
        The module.
    sources : tuple of str
        Texts of files.
    inputs, outputs : tuple of Port
        But for the clock.
    constants : tuple of (str, str)
        Other inputs and what they are tied to.
    keep : str
        Wires that synthesis has to keep, in the words of Yosys.
    """

    top: str
    sources: tuple[str, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    constants: tuple[tuple[str, str], ...] = ()
    keep: str = ""


class Placed(msgspec.Struct, frozen=True):
    """What nextpnr makes of a design, its surroundings included, which have no LUT.

    Parameters
    ----------
    luts, flip_flops, dsps : int
        Cells: TRELLIS_COMB, TRELLIS_FF and MULT18X18D.
    mhz : float
        The fastest clock after routing.
    """

    luts: int
    flip_flops: int
    dsps: int
    mhz: float


def surroundings(design: Design) -> str:
    """Verilog of a module `around`: a design whose inputs come from a shift register.

    Every output goes through a register to a pin of its own. So every path that counts is one
    between registers, as within a larger system, and no input or output is a constant.
    """
    connections, width = [".clk(clk)"], 0
    for port in design.inputs:
        connections.append(f".{port.name}({_taken(port, width)})")
        width += port.bits - len(port.idle)
    outputs = 0
    for port in design.outputs:
        connections.append(f".{port.name}(outputs[{outputs + port.bits - 1}:{outputs}])")
        outputs += port.bits
    connections += [f".{name}({value})" for name, value in design.constants]
    return f"""module around(input clk, input in, output reg [{outputs - 1}:0] out);
  reg [{width - 1}:0] inputs;
  wire [{outputs - 1}:0] outputs;
  always @(posedge clk) begin
    inputs <= {{inputs, in}};
    out <= outputs;
  end
  {design.top} top ({", ".join(connections)});
endmodule
"""


def _taken(port: Port, first: int) -> str:
    """What a port is connected to: bits of the shift register from `first` on, and zeros."""
    if not port.idle:
        return f"inputs[{first + port.bits - 1}:{first}]"
    used = [bit for bit in range(port.bits) if bit not in port.idle]
    at = {bit: first + number for number, bit in enumerate(used)}
    bits = [f"inputs[{at[bit]}]" if bit in at else "1'b0" for bit in range(port.bits)]
    return f"{{{', '.join(reversed(bits))}}}"


def place(design: Design, seed: int = 1, *, weight: int = WEIGHT, shorter: bool = True) -> Placed:
    """Synthesise, place and route; what was done before is kept in `FOLDER`.

    Parameters
    ----------
    design : Design
    seed, weight : int
        Of nextpnr's placement: how much delays count in it, beside the lengths of wires.
    shorter : bool
        Whether carry chains are rewritten between synthesis and placement, as for bitstreams; else
        nextpnr gets what Yosys wrote.
    """
    yosys, nextpnr = tools.find("yosys"), tools.find("nextpnr-ecp5")
    texts = (*design.sources, surroundings(design))
    options = (
        *(*PLACE, "--placer-heap-timingweight", str(weight)),
        *("--lpf", "pins.lpf", "--lpf-allow-unconstrained"),
        *("--freq", str(MHZ), "--seed", str(seed)),
    )
    rules = RULES if shorter else ""
    key = json.dumps(
        [texts, design.keep, SYNTH, rules, options, PINS, yosys.identity, nextpnr.identity]
    )
    kept = make_folder(FOLDER / "placed") / f"{sha256(key.encode()).hexdigest()[:24]}.json"
    if kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=Placed)
    with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as temporary:
        folder = Path(temporary)
        for number, text in enumerate(texts):
            write_whole(folder / f"{number}.v", text)
        names = [f"{number}.v" for number in range(len(texts))]
        made = script(names, TOP, SYNTH, "netlist.json", design.keep)
        yosys.run("-q", "-p", made, folder=folder)
        if shorter:
            shorten(folder / "netlist.json")
        write_whole(folder / "pins.lpf", PINS)
        nextpnr.run(
            *options,
            *("--json", "netlist.json", "--report", "report.json"),
            folder=folder,
            log=folder / "nextpnr.log",
        )
        cells, clocks = read_report(folder / "report.json")
    luts, flip_flops, dsps = (cells[name].used for name in CELLS)
    mhz = min((clock.achieved for clock in clocks), default=0.0)
    placed = Placed(luts, flip_flops, dsps, mhz)
    write_whole(kept, msgspec.json.encode(placed))
    return placed
