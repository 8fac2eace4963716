"""Carry chains of ECP5 become shorter and stay what they were."""

import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.sim import tools
from mulbudget.sim.carries import Reader, shorten
from mulbudget.sim.tools import ToolError

ADD = 0x96AA
"""A ^ B, and A to carry where they are alike; C is 0 and D is 1."""


def synthesized(folder: Path, verilog: str) -> Path:
    """JSON of module `top` as ECP5 cells."""
    (folder / "top.v").write_text(verilog)
    script = (
        "read_verilog top.v; synth_ecp5 -nodsp -nowidelut -noabc9 -top top; write_json top.json"
    )
    tools.find("yosys").run("-q", "-p", script, folder=folder)
    return folder / "top.json"


def shortened(path: Path, reader: Reader = "nextpnr") -> Path:
    result = path.with_name("short.json")
    result.write_bytes(path.read_bytes())
    shorten(result, reader)
    return result


def luts(path: Path) -> int:
    weights = {"CCU2C": 2, "LUT4": 1}
    cells = json.loads(path.read_text())["modules"]["top"]["cells"].values()
    return sum(weights.get(cell["type"], 0) for cell in cells)


def prove_equal(one: Path, other: Path) -> None:
    """For all inputs, and whatever a carry that is not connected may be.

    The blackboxes that Yosys writes with a netlist give way to the models of the cells.
    """
    for path in (one, other):
        netlist = json.loads(path.read_text())
        netlist["modules"] = {"top": netlist["modules"]["top"]}
        path.with_suffix(".top").write_text(json.dumps(netlist))
    models = "read_verilog -overwrite +/ecp5/cells_sim.v; hierarchy -top top; proc; flatten"
    script = "; ".join(
        [
            *(
                f"read_json {path.stem}.top; {models}; setundef -anyseq; opt_clean; "
                f"rename top {name}; design -stash {name}"
                for name, path in (("gold", one), ("gate", other))
            ),
            "design -copy-from gold gold; design -copy-from gate gate",
            "miter -equiv -flatten -make_outputs gold gate miter",
            "sat -verify -prove trigger 0 -show-ports miter",
        ]
    )
    tools.find("yosys").run("-q", "-p", script, folder=one.parent)


def expressions() -> str:
    """Sums, differences, comparisons and carries of many widths, of nets and of constants."""
    rng = random.Random(1)
    lines = []
    for width in range(1, 10):
        a, b = f"a[{width - 1}:0]", f"b[{width - 1}:0]"
        constant = rng.randrange(1, 1 << width)
        for text in (
            f"{a} + {b}",
            f"{a} - {b}",
            f"{a} + {b} + c",
            f"{a} - {b} - c",
            f"{a} + {width}'d{constant}",
            f"{width}'d{constant} - {a}",
            f"-$signed({a}) - $signed({b})",
            f"{{1'b0, {a}}} + {{1'b0, {b}}}",
            f"{{8'b0, {a} < {b}}}",
            f"{{8'b0, $signed({a}) >= $signed({b})}}",
        ):
            number = len(lines)
            lines.append(f"  assign y[{number * 10} +: 10] = {text};")
    size = len(lines) * 10
    return f"""module top(input [8:0] a, input [8:0] b, input c, output [{size - 1}:0] y);
{chr(10).join(lines)}
endmodule
"""


PLAIN = {"C": "1'b0", "D": "1'b1"}
"""Pins of a sum of two terms."""


def chain(
    cells: int, start: str, pins: dict[str, str], *, middle: bool = False, init: int = ADD
) -> str:
    """Cells whose last carry is an output; in the `middle` one is read as well."""
    wires = {"A": "a", "B": "b"}
    text = []
    for at in range(cells):
        carry = f"carry[{at - 1}]" if at else start
        inputs = [
            f".{pin}{side}({pins.get(pin) or f'{wires[pin]}[{2 * at + side}]'})"
            for pin in "ABCD"
            for side in (0, 1)
        ]
        text.append(
            f"  CCU2C #(.INIT0(16'd{init}), .INIT1(16'd{init}), .INJECT1_0(\"NO\"), "
            f'.INJECT1_1("NO")) cell{at}(.CIN({carry}), {", ".join(inputs)}, '
            f".S0(y[{2 * at}]), .S1(y[{2 * at + 1}]), .COUT(carry[{at}]));"
        )
    if middle:
        text.append("  assign y[8] = carry[0];")
    return f"""module top(input [7:0] a, input [7:0] b, input c, input d, output [9:0] y);
  wire [{cells - 1}:0] carry;
{chr(10).join(text)}
  assign y[9] = carry[{cells - 1}];
endmodule
"""


def test_all_that_arithmetic_becomes_stays_the_same(tmp_path: Path) -> None:
    original = synthesized(tmp_path, expressions())
    short = shortened(original)
    assert packed(short) < 0.8 * packed(original)
    prove_equal(original, shortened(original, "yosys"))


@pytest.mark.parametrize("start", ["1'b0", "1'b1", "c"])
@pytest.mark.parametrize(
    "pins", [PLAIN, {"C": "c", "D": "d"}, {"C": "c", "D": "1'b1", "A": "1'b0"}]
)
def test_chains_of_any_table_stay_the_same(
    tmp_path: Path, start: str, pins: dict[str, str]
) -> None:
    original = synthesized(tmp_path, chain(3, start, pins, init=0x6A96))
    prove_equal(original, shortened(original, "yosys"))


def test_a_wrong_bit_is_seen(tmp_path: Path) -> None:
    """So that what is proved above is something."""
    ports = "input [7:0] a, input [7:0] b, output [7:0] y"
    original = synthesized(tmp_path, f"module top({ports}); assign y = a + b; endmodule")
    short = shortened(original, "yosys")
    netlist = json.loads(short.read_text())
    cell = next(c for c in netlist["modules"]["top"]["cells"].values() if c["type"] == "CCU2C")
    cell["parameters"]["INIT0"] = f"{int(cell['parameters']['INIT0'], 2) ^ 1:016b}"
    short.write_text(json.dumps(netlist))
    with pytest.raises(ToolError):
        prove_equal(original, short)


def test_a_carry_that_is_read_in_the_middle_stays(tmp_path: Path) -> None:
    original = synthesized(tmp_path, chain(4, "1'b0", PLAIN, middle=True))
    assert json.loads(shortened(original).read_text()) == json.loads(original.read_text())


def test_what_injects_constants_stays(tmp_path: Path) -> None:
    text = chain(4, "1'b0", PLAIN).replace('_0("NO")', '_0("YES")')
    original = synthesized(tmp_path, text)
    assert json.loads(shortened(original).read_text()) == json.loads(original.read_text())


@pytest.mark.parametrize("width", [6, 7, 8, 9])
@pytest.mark.parametrize("sign", "+-")
def test_a_sum_takes_a_lut_more_than_bits(tmp_path: Path, width: int, sign: str) -> None:
    """nextpnr has no cell to add but those of the constants 0 and 1."""
    ports = f"input [{width - 1}:0] a, input [{width - 1}:0] b, output [{width - 1}:0] y"
    original = synthesized(tmp_path, f"module top({ports}); assign y = a {sign} b; endmodule")
    short = shortened(original)
    assert luts(short) == width + 1
    assert packed(short) <= width + 1 + 2
    assert packed(original) - packed(short) >= 3


def packed(path: Path) -> int:
    nextpnr = tools.find("nextpnr-ecp5")
    options = ("--25k", "--pack-only", "--out-of-context", "--report", "report.json")
    nextpnr.run("--json", path.name, *options, folder=path.parent)
    utilization = json.loads((path.parent / "report.json").read_text())["utilization"]
    return utilization["TRELLIS_COMB"]["used"]


def test_the_same_netlist_becomes_the_same_bytes(tmp_path: Path) -> None:
    original = synthesized(tmp_path, expressions())
    short = shortened(original)
    content, before = short.read_bytes(), luts(short)
    assert shortened(original).read_bytes() == content
    assert shorten(short) == luts(short) == before  # once more


# What follows evaluates netlists in Python, many more than Yosys has time for.

Module = dict[str, Any]

BITS = st.sampled_from([2, 3, 4, 5, 6, 7, "0", "0", "0", "1", "1", "1"])
"""Inputs of the module, and as many constants, so that a bit often looks at two nets or fewer."""


def wire(kind: str, parameters: dict[str, str], pins: dict[str, int | str]) -> dict[str, Any]:
    outputs = {"S0", "S1", "COUT", "Z"}
    return {
        "type": kind,
        "parameters": parameters,
        "port_directions": {name: "output" if name in outputs else "input" for name in pins},
        "connections": {name: [bit] for name, bit in pins.items()},
    }


@st.composite
def netlists(draw: st.DrawFn) -> Module:
    """Chains of up to 4 cells; carries and sums that are read, several times, or not."""
    cells: dict[str, Any] = {}
    fresh, made = 8, list[int]()
    for chain in range(draw(st.integers(1, 3))):
        carry: int | str = draw(st.sampled_from(["0", "1", 2, *made[-4:]]))
        for at in range(draw(st.integers(1, 4))):
            pins = {f"{pin}{side}": draw(BITS) for side in "01" for pin in "ABCD"}
            pins |= {"CIN": carry, "S0": fresh, "S1": fresh + 1, "COUT": fresh + 2}
            inits = {f"INIT{side}": f"{draw(st.integers(0, 0xFFFF)):016b}" for side in "01"}
            no = draw(st.sampled_from(["NO", "NO", "NO", "YES"])) if chain else "NO"
            cells[f"c{'$' * (at > 0)}{chain}{at or ''}"] = wire(
                "CCU2C", inits | {"INJECT1_0": no, "INJECT1_1": no}, pins
            )
            carry = fresh + 2
            made += [fresh, fresh + 1, fresh + 2]
            fresh += 3
    read = draw(st.lists(st.sampled_from(made), max_size=12))
    ports = {
        "i": {"direction": "input", "bits": list(range(2, 8))},
        "o": {"direction": "output", "bits": read},
    }
    return {"ports": ports, "cells": cells, "netnames": {}}


def evaluated(module: Module, inputs: Sequence[int], opened: int) -> list[int]:
    """Values of the outputs; what is not connected is `opened`."""
    values: dict[int | str, int] = {"0": 0, "1": 1, "x": opened}
    values |= dict(zip(module["ports"]["i"]["bits"], inputs, strict=True))
    waiting = list(module["cells"].values())
    while waiting:
        ready = [cell for cell in waiting if all(pin in values for pin in _inputs(cell))]
        assert ready, "a net that is read has no driver"
        waiting = [cell for cell in waiting if cell not in ready]
        for cell in ready:
            values |= {bit: value for bit, value in _outputs(cell, values) if bit != "x"}
    return [values[bit] for bit in module["ports"]["o"]["bits"]]


def _inputs(cell: dict[str, Any]) -> list[int | str]:
    directions = cell["port_directions"]
    return [bits[0] for name, bits in cell["connections"].items() if directions[name] == "input"]


def _outputs(
    cell: dict[str, Any], values: Mapping[int | str, int]
) -> Iterator[tuple[int | str, int]]:
    pins = {name: bits[0] for name, bits in cell["connections"].items()}
    if cell["type"] == "LUT4":
        init = int(cell["parameters"]["INIT"], 2)
        yield pins["Z"], init >> sum(values[pins[p]] << at for at, p in enumerate("ABCD")) & 1
        return
    carry = values[pins["CIN"]]
    for side in "01":
        init = int(cell["parameters"][f"INIT{side}"], 2)
        index = sum(values[pins[f"{p}{side}"]] << at for at, p in enumerate("ABCD"))
        plain = cell["parameters"][f"INJECT1_{side}"] == "NO"
        table = init >> index & 1
        yield pins[f"S{side}"], table ^ (carry & plain)
        carry = carry if table else plain & init >> (index & 3) & 1
    yield pins["COUT"], carry


@settings(max_examples=400)
@given(netlists(), st.data())
def test_netlists_of_any_chains_stay_the_same(module: Module, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "netlist.json"
        path.write_text(json.dumps({"modules": {"top": module}}))
        shorten(path)
        short: Module = json.loads(path.read_text())["modules"]["top"]
        shorten(path)
        assert luts(path) <= sum(2 if c["type"] == "CCU2C" else 1 for c in short["cells"].values())
    drivers = Counter(
        bits[0]
        for cell in short["cells"].values()
        for name, bits in cell["connections"].items()
        if cell["port_directions"][name] == "output" and bits != ["x"]
    )
    assert set(drivers.values()) <= {1}
    for _ in range(16):
        inputs = data.draw(st.lists(st.integers(0, 1), min_size=6, max_size=6))
        expected = evaluated(module, inputs, 0)
        assert evaluated(short, inputs, 0) == expected
        assert evaluated(short, inputs, 1) == expected
