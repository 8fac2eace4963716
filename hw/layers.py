"""The hardware of each operator of a network, and how beats flow through it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from amaranth.lib import wiring

from mulbudget.hw.channels import layout
from mulbudget.hw.flow import (
    PASSING,
    Flow,
    Folds,
    Gathered,
    Held,
    Pipe,
    Reordered,
    Stage,
    Windows,
    depths,
)
from mulbudget.hw.folded import FoldedLayer
from mulbudget.hw.folding import Folding
from mulbudget.hw.gather import Gather
from mulbudget.hw.joins import Chain, JoinedLayer
from mulbudget.hw.lowering import product_registers
from mulbudget.hw.parallel import ParallelLayer
from mulbudget.hw.patches import Patches
from mulbudget.hw.plan import LayerPlan, Plan
from mulbudget.hw.product import ProductCore
from mulbudget.hw.queue import Queue
from mulbudget.hw.raster import Raster
from mulbudget.hw.serial import SerialLayer
from mulbudget.hw.streams import Ends, Port, input_ports, output_port
from mulbudget.hw.styles import Serial
from mulbudget.hw.tiles import TiledProduct
from mulbudget.hw.window import Window
from mulbudget.spn import Bilinear, Convolution, Geometry, MaxPool, Network, Range, Tensor

Queues = Mapping[str, tuple[int, ...]]

Core = ParallelLayer | SerialLayer | FoldedLayer
"""What makes of each beat another one."""


@dataclass(frozen=True)
class Layer:
    """An operator as hardware.

    Parameters
    ----------
    component : Component
        With the streams that `ports` names, and `o`.
    ports : tuple of str
        "i", or "i0", "i1", … where it takes several, or "a" and "b".
    flow : Flow
    latency, interval : int
        Clocks from what a result needs taken to it offered, and from sample to sample.
    """

    component: wiring.Component
    ports: tuple[str, ...]
    flow: Flow
    latency: int
    interval: int


def build(network: Network, plan: Plan) -> tuple[list[Layer], Queues]:
    """The layers of a network, and the depths of the queues at their inputs."""
    cores = [_core(layer, plan) for layer in plan.layers]
    flows = [
        Flow(layer.node.name, layer.node.inputs, tuple(_stages(layer, core)))
        for layer, core in zip(plan.layers, cores, strict=True)
    ]
    queues = depths(flows, network.INPUT, plan.inputs[0].beats)
    parts = zip(plan.layers, cores, flows, strict=True)
    return [_layer(network, *each, queues) for each in parts], queues


def _core(layer: LayerPlan, plan: Plan) -> Core | None:
    """What makes of each beat another one; None where beats are only collected."""
    name, datapath, levels = layer.node.name, layer.datapath, plan.levels_per_stage
    if isinstance(datapath, Folding):
        x = layer.taken[0].ends
        if isinstance(layer.node.operator, Convolution):
            x = _window_ends(layer.node.operator, layer.inputs[0])[0]
        return FoldedLayer(
            name,
            datapath,
            x,
            levels_per_stage=levels,
            registers=product_registers(plan.family),
            family=plan.family,
        )
    if not datapath.outputs:
        return None
    if isinstance(layer.style, Serial):
        return SerialLayer(
            name,
            datapath,
            digit=layer.style.digit,
            levels_per_stage=levels,
            family=plan.family,
        )
    return ParallelLayer(name, datapath, levels_per_stage=levels, family=plan.family)


def _stages(layer: LayerPlan, core: Core | None) -> Sequence[Stage]:
    """What beats pass in a layer."""
    match core:
        case None:
            return [Gathered(layer.taken[0].beats)]
        case FoldedLayer():
            pipe = _folded(layer, core)
        case SerialLayer():
            pipe = [Held(core.latency, core.interval)]
        case ParallelLayer():
            pipe = [Pipe(core.latency)]
    match layer.node.operator:
        case Convolution(geometry=geometry) | MaxPool(geometry=geometry):
            raster = _raster(layer, geometry)
            return [Windows(raster), *pipe, *_reordered(raster)]
        case _:
            return pipe


def _folded(layer: LayerPlan, core: FoldedLayer) -> list[Stage]:
    folding = core.folding
    folds = Folds(
        groups=len(folding.groups),
        steps=folding.steps,
        held=folding.held,
        beats=folding.beats,
        interval=core.interval,
        sum_clocks=core.sum_clocks,
        product_clocks=core.product_clocks,
    )
    return [folds, Gathered(folding.beats)] if _collects(layer, folding) else [folds]


def _collects(layer: LayerPlan, folding: Folding) -> bool:
    """Whether a result that comes in blocks is collected to one beat."""
    return folding.beats > 1 and layer.given.block != (folding.block,)


def _reordered(raster: Raster) -> list[Reordered]:
    if prod(raster.geometry.patch) == 1:
        return []
    down, across = raster.geometry.outputs(raster.image)
    return [Reordered((down, across), (raster.geometry.patch[0], raster.geometry.patch[1]))]


def _raster(layer: LayerPlan, geometry: Geometry) -> Raster:
    return Raster.of(layer.inputs[0].shape[1:], geometry)


def _layer(
    network: Network, plan: LayerPlan, core: Core | None, flow: Flow, queues: Queues
) -> Layer:
    operator = plan.node.operator
    beats = max(port.beats for port in (*plan.taken, plan.given))
    if core is None:
        gather = Gather(plan.taken[0], plan.output.range)
        return Layer(gather, ("i",), flow, 1, beats)
    if isinstance(operator, Bilinear) and isinstance(core, ParallelLayer):
        product = _product(network, operator, core)
        return Layer(product, ("a", "b"), flow, product.latency, product.interval)
    if isinstance(operator, Convolution | MaxPool):
        raster = _raster(plan, operator.geometry)
        queue = [
            Queue(layout(plan.taken[0].ends), depth) for depth in queues.get(plan.node.name, ())
        ]
        chain = Chain(plan.node.name, [*queue, *_image(plan, operator, core, raster)])
        waits = PASSING * len(queue) + 1
        return Layer(chain, ("i",), flow, waits + core.latency, raster.interval(core.interval))
    if len(plan.inputs) > 1 and isinstance(core, ParallelLayer):
        ends = [each.range.ends for each in plan.inputs]
        joined = JoinedLayer(core, ends, queues[plan.node.name])
        ports = tuple(f"i{number}" for number in range(len(ends)))
        return Layer(joined, ports, flow, core.latency, beats)
    if isinstance(core, FoldedLayer):
        chain = Chain(plan.node.name, _parts(plan, core))
        return Layer(chain, ("i",), flow, core.latency, core.interval)
    return Layer(core, ("i",), flow, core.latency, beats * core.interval)


def _parts(plan: LayerPlan, core: Core) -> list[wiring.Component]:
    """A layer's core, and what collects its result where that comes in blocks."""
    if not isinstance(core, FoldedLayer) or not _collects(plan, core.folding):
        return [core]
    folding = core.folding
    low, high = zip(*folding.ends, strict=True)
    port = Port("i", (len(folding.ends),), (folding.block,), folding.given)
    return [core, Gather(port, Range(low, high))]


def _product(
    network: Network, product: Bilinear, core: ParallelLayer
) -> ProductCore | TiledProduct:
    a, b = input_ports(network)
    if not product.tiled:
        return ProductCore(core, a.ends, b.ends)
    return TiledProduct(core, product.blocks, a, b, output_port(network))


def _image(
    plan: LayerPlan, operator: Convolution | MaxPool, core: Core, raster: Raster
) -> list[wiring.Component]:
    """Windows, the datapath on each, and the order of pixels for patches."""
    x, name = plan.inputs[0], plan.node.name
    ends, fill = _window_ends(operator, x)
    parts = [Window(name, raster, x.range.ends, ends, fill), *_parts(plan, core)]
    parts += [
        Patches(name, stage.outputs, stage.patch, plan.datapath.ends, plan.output.range.ends)
        for stage in _reordered(raster)
    ]
    return parts


def _window_ends(operator: Convolution | MaxPool, x: Tensor) -> tuple[Ends, list[int]]:
    """Range of each entry of a window, and what stands beyond the edges."""
    if isinstance(operator, MaxPool):
        entries = operator.geometry.entries
        return [each for each in x.range.ends for _ in range(entries)], list(x.range.low)
    return operator.window_range(x).ends, [0] * x.shape[0]
