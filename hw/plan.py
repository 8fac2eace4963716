"""How each layer of a network is built."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from mulbudget.hw.budget import Share, share
from mulbudget.hw.checks import check_levels, check_network
from mulbudget.hw.cuts import in_blocks, input_streams
from mulbudget.hw.datapath import Datapath
from mulbudget.hw.families import Family, find_family
from mulbudget.hw.folding import Folding
from mulbudget.hw.lowering import Task, lower
from mulbudget.hw.streams import Port, tensor_port
from mulbudget.hw.styles import Parallel, Style
from mulbudget.spn import (
    Bilinear,
    Flatten,
    Network,
    Node,
    Range,
    Requantize,
    Tensor,
    UserError,
    graph_additions,
)


@dataclass(frozen=True, kw_only=True)
class LayerPlan:
    """How one operator is built.

    Parameters
    ----------
    node : Node
    style : Style
    inputs : tuple of Tensor
        What it takes, with the ranges that the hardware has.
    output : Tensor
        What it gives, alike.
    taken : tuple of Port
        The streams that bring what it takes.
    given : Port
        The stream that it makes.
    datapath : Datapath or Folding
        Its operations on a beat, each product in a DSP block or in logic.
    """

    node: Node
    style: Style
    inputs: tuple[Tensor, ...]
    output: Tensor
    taken: tuple[Port, ...]
    given: Port
    datapath: Datapath | Folding

    @property
    def graph_additions(self) -> int:
        """What its adder graphs, a residual sum, or the sums of blocks add for one sample."""
        figures = self.datapath.figures
        adders = sum(figures.get(f"adders_{name}", 0) for name in ("wa", "wb", "wc"))
        return graph_additions(self.node.operator, self.inputs[0], adders)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a network is built.

    Parameters
    ----------
    family : Family or None
        Whose DSP primitives are used; None for portable hardware.
    levels_per_stage : int
        Adders between pipeline registers, at most.
    inputs : tuple of Port
        The streams that bring a sample.
    layers : tuple of LayerPlan
        One per operator, in order.
    """

    family: Family | None
    levels_per_stage: int
    inputs: tuple[Port, ...]
    layers: tuple[LayerPlan, ...]

    @property
    def dsp(self) -> int:
        """DSP blocks, or portable hardware multipliers."""
        return sum(layer.datapath.figures.get("dsp", 0) for layer in self.layers)


def make_plan(
    network: Network,
    *,
    family: str | None = None,
    dsp: int | None = None,
    levels_per_stage: int = 2,
    styles: Mapping[str, Style] | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> Plan:
    """Choose the hardware of every layer.

    Parameters
    ----------
    network : Network
    family : str, optional
        A device family's name; without one the hardware is portable.
    dsp : int, optional
        Hardware multipliers of the whole network, at most; the products that cost most as
        shift-and-add have them. All products by default, none on a family without DSP blocks.
        Products of matrices share what there is, and with none are made of logic. Those of serial
        layers are shift-and-add.
    levels_per_stage : int
        Adders between pipeline registers, at most; at least 1.
    styles : mapping, optional
        Of sum-product layers, by name; parallel for those that are not in it.
    progress : callable, optional
        Is told the name of each layer before its adder graphs are looked for, and how many layers
        are done.

    Raises
    ------
    UserError
        When an option is out of range, an operand is too wide for the family's DSP block, a digit
        is longer than the words of its layer, or an operator does not take the result of the one
        before it.
    """
    if dsp is not None and dsp < 0:
        raise UserError(f"{dsp} hardware multipliers are not possible: use 0 or more")
    check_levels(levels_per_stage)
    check_network(network)
    device = None if family is None else find_family(family)
    if device is not None and device.dsp is None:
        if dsp:
            raise UserError(
                f"{device.title} has no hardware multipliers, and --dsp asks for up to {dsp}: use "
                "--dsp 0"
            )
        dsp = 0
    styles = styles or {}
    shares, cut = share(network, dsp, styles), in_blocks(network, styles)
    inputs = input_streams(network, styles, cut)
    made, layers = {network.INPUT: (network.input, inputs[0])}, []
    for node in network.nodes:
        if progress is not None:
            progress(node.name, len(layers))
        tensors, ports = zip(*(made[name] for name in node.inputs), strict=True)
        task = Task(
            network=network,
            node=node,
            inputs=tensors,
            taken=ports,
            cut=node.name in cut,
            style=styles.get(node.name, Parallel()),
            share=shares.get(node.name, Share()),
            dsp=dsp,
            family=device,
        )
        try:
            datapath = lower(task)
        except UserError as error:
            raise UserError(f"layer {node.name}: {error}") from error
        output = _built(task, datapath)
        made[node.name] = output, _stream(task, datapath, output)
        layers.append(
            LayerPlan(
                node=node,
                style=task.style,
                inputs=tensors,
                output=output,
                taken=ports,
                given=made[node.name][1],
                datapath=datapath,
            )
        )
    return Plan(
        family=device, levels_per_stage=levels_per_stage, inputs=inputs, layers=tuple(layers)
    )


def _built(task: Task, datapath: Datapath | Folding) -> Tensor:
    """What a layer gives, with the ranges of its datapath; over all entries of a patch."""
    operator, tensor = task.node.operator, task.network.tensors[task.node.name]
    tiled = isinstance(operator, Bilinear) and operator.tiled
    blocks = isinstance(operator, Requantize) and task.cut
    if isinstance(operator, Flatten) or tiled or blocks:
        return tensor
    low, high = np.array(datapath.ends, object).T.reshape(2, tensor.range.channels, -1)
    return replace(tensor, range=Range(tuple(low.min(axis=1)), tuple(high.max(axis=1))))


def _stream(task: Task, datapath: Datapath | Folding, output: Tensor) -> Port:
    """The stream that a layer makes: whole vectors or pixels, or blocks where they are wanted."""
    whole = tensor_port("o", output)
    if not task.cut:
        return whole
    if isinstance(datapath, Folding):
        return replace(whole, block=(datapath.block,), ends=datapath.given)
    return replace(task.taken[0], name="o", ends=datapath.ends)
