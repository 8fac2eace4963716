"""The synthesised netlist of every device family gives the network's integers."""

import re
from collections import Counter
from pathlib import Path

import pytest

from mulbudget.hw.families import FAMILIES
from mulbudget.hw.plan import make_plan
from mulbudget.hw.sidecar import Sidecar
from mulbudget.hw.styles import fixed_styles
from mulbudget.hw.verilog import write
from mulbudget.sim.compare import compare
from mulbudget.sim.gate import gate_level_simulator, netlist
from mulbudget.sim.inputs import random_inputs
from mulbudget.sim.tools import find, yosys_share
from mulbudget.spn import Network, Node, Range, Requantize, Tensor, UserError
from mulbudget.spn.names import check_network_name
from tests.networks import example

NETWORK = example()
X = random_inputs(NETWORK.input, 64, 0)


def generate(folder: Path, family: str | None) -> tuple[Path, Sidecar]:
    sidecar = write(NETWORK, make_plan(NETWORK, family=family), folder)
    return folder / f"{sidecar.name}.v", sidecar


@pytest.mark.parametrize("family", FAMILIES)
def test_the_netlist_is_bit_exact_and_as_fast(tmp_path: Path, family: str) -> None:
    hardware = gate_level_simulator(*generate(tmp_path, family), family)
    assert compare(NETWORK, hardware, X).passed
    assert compare(NETWORK, hardware, X, stalls=0.4).passed


@pytest.mark.parametrize("family", [name for name, each in FAMILIES.items() if each.dsp])
def test_the_netlist_holds_the_multipliers_of_the_plan(tmp_path: Path, family: str) -> None:
    verilog, sidecar = generate(tmp_path, family)
    dsp = FAMILIES[family].dsp
    assert dsp is not None
    text = netlist(verilog, sidecar, FAMILIES[family]).read_text()
    instances = [line for line in text.splitlines() if line.split()[:1] == [dsp.primitive]]
    assert len(instances) == sidecar.multipliers > 0


def resets(folder: Path, network: Network, *styles: str) -> set[str]:
    """Nets that reset a register of an ECP5 as Yosys finds them, but for the reset of all."""
    plan = make_plan(network, family="ecp5", styles=fixed_styles(network, styles))
    sidecar = write(network, plan, folder)
    script = (
        f"read_verilog {sidecar.name}.v; {FAMILIES['ecp5'].synth} -noabc9 -top {sidecar.name}; "
        "write_verilog -noattr netlist.v"
    )
    find("yosys").run("-q", "-p", script, folder=folder)
    nets = set(re.findall(r"\.LSR\(([^)]*)\)", (folder / "netlist.v").read_text()))
    assert "rst" in nets
    return nets - {"rst", "1'h0"}


@pytest.mark.parametrize("digit", [2, 3])
def test_adders_of_luts_have_no_reset_that_keeps_other_registers_away(
    tmp_path: Path, digit: int
) -> None:
    assert len(resets(tmp_path, NETWORK, f"serial:{digit}")) == 1  # of a ReLU that only cuts below


def test_a_saturation_to_both_sides_is_no_reset(tmp_path: Path) -> None:
    x = Tensor((3,), 0, Range.uniform(-100, 100, 3))
    assert not resets(tmp_path, Network("clamp", x, [Node("y", Requantize(1, 0, 15), "x")], {}))


def test_no_register_of_an_ecp5_has_a_reset_with_few_others(tmp_path: Path) -> None:
    """Each would keep the flip-flops of a tile to itself."""
    verilog, sidecar = generate(tmp_path, "ecp5")
    text = netlist(verilog, sidecar, FAMILIES["ecp5"]).read_text()
    registers = Counter(re.findall(r"\.LSR\(([^)]*)\)", text))
    assert registers.pop("1'h0") and min(registers.values()) >= 16


def test_a_wrong_netlist_is_caught(tmp_path: Path) -> None:
    verilog, sidecar = generate(tmp_path, "ice40-hx")
    text = verilog.read_text()
    assert " - " in text
    verilog.write_text(text.replace(" - ", " + ", 1))
    hardware = gate_level_simulator(verilog, sidecar, "ice40-hx")
    assert not compare(NETWORK, hardware, X).passed


def test_no_network_has_the_name_of_a_cell() -> None:
    """Yosys reads those of a family, and ends at a module that is there already."""
    folders = {"lattice", "xilinx"} | {family.cells for family in FAMILIES.values()}
    paths = [path for folder in folders for path in (yosys_share() / folder).glob("*.v*")]
    texts = [path.read_text() for path in paths]
    cells = {cell for text in texts for cell in re.findall(r"^\s*module +([^\s(;#]+)", text, re.M)}
    assert {"LUT4", "SB_LUT4", "ALU"} <= cells
    for cell in cells:
        with pytest.raises(UserError):
            check_network_name(cell)


def test_an_unknown_family(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no device family 'ecp6'"):
        gate_level_simulator(*generate(tmp_path, None), "ecp6")
