"""The generated Verilog and the JSON file beside it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from amaranth import ClockDomain
from amaranth.back import verilog
from amaranth.hdl import Fragment
from amaranth.lib import wiring

from mulbudget.hw.accelerator import Accelerator
from mulbudget.hw.circuit import Circuit
from mulbudget.hw.layers import Layer as Built
from mulbudget.hw.plan import LayerPlan, Plan
from mulbudget.hw.sidecar import TILED, Layer, Sidecar, carried, encode
from mulbudget.hw.styles import Serial
from mulbudget.spn import Bilinear, Network, digest
from mulbudget.spn.files import make_folder, write_whole

_YOSYS = "AMARANTH_USE_YOSYS"
"""Amaranth is told in no other way."""


def write(network: Network, plan: Plan, folder: str | os.PathLike[str]) -> Sidecar:
    """Write NAME.v and NAME.json to `folder`; the same network and plan give the same bytes.

    Raises
    ------
    UserError
        When they cannot be written.
    """
    accelerator = Accelerator(network, plan)
    sidecar = describe(network, plan, accelerator)
    target = make_folder(folder)
    text = convert(accelerator, network.name)
    write_whole(target / f"{network.name}.v", text)
    write_whole(target / f"{network.name}.json", encode(sidecar))
    return sidecar


def convert(component: wiring.Component, name: str) -> str:
    """The Verilog of a component, as module `name`."""
    with packaged_yosys():
        return verilog.convert(component, name=name, strip_internal_attrs=True, emit_src=False)


def convert_circuit(circuit: Circuit) -> str:
    """The Verilog of an adder graph, as module `circuit.name`.

    Its ports are those of the circuit, and `clk` where it has registers.
    """
    clock = ClockDomain("sync", reset_less=True)
    fragment = Fragment.get(circuit, None)
    fragment.add_domains(clock)
    ports = [getattr(circuit, name) for name in circuit.signature.members]
    with packaged_yosys():
        return verilog.convert(
            fragment,
            name=circuit.name,
            ports=[clock.clk, *ports] if circuit.latency else ports,
            strip_internal_attrs=True,
            emit_src=False,
        )


@contextmanager
def packaged_yosys() -> Iterator[None]:
    """Amaranth's Verilog meanwhile comes from the same Yosys, whatever else is installed."""
    before = os.environ.get(_YOSYS)
    os.environ[_YOSYS] = "builtin"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_YOSYS]
        else:
            os.environ[_YOSYS] = before


def describe(network: Network, plan: Plan, accelerator: Accelerator) -> Sidecar:
    """What NAME.json says."""
    return Sidecar(
        name=network.name,
        network=digest(network),
        family=None if plan.family is None else plan.family.name,
        levels_per_stage=plan.levels_per_stage,
        latency=accelerator.latency,
        interval=accelerator.interval,
        multipliers=plan.dsp,
        inputs=[carried(port) for port in accelerator.inputs],
        output=carried(accelerator.output),
        layers=[
            _layer(layer, built)
            for layer, built in zip(plan.layers, accelerator.layers, strict=True)
        ],
    )


def _layer(plan: LayerPlan, built: Built) -> Layer:
    operator, style = plan.node.operator, plan.style
    tiled = isinstance(operator, Bilinear) and operator.tiled
    return Layer(
        name=plan.node.name,
        operator=operator.kind,
        style=TILED if tiled else style.name,
        digit=style.digit if isinstance(style, Serial) else 0,
        latency=built.latency,
        interval=built.interval,
        **plan.datapath.figures,
    )
