"""The hardware of each operator of a network, and how beats flow through it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from amaranth.lib import wiring

from mulbudget.hw.flow import Flow, Gathered, Held, Pipe, Reordered, Stage, Windows, depths
from mulbudget.hw.gather import Gather
from mulbudget.hw.joins import Chain, JoinedLayer
from mulbudget.hw.parallel import ParallelLayer
from mulbudget.hw.patches import Patches
from mulbudget.hw.plan import LayerPlan, Plan, sum_product
from mulbudget.hw.product import ProductCore
from mulbudget.hw.raster import Raster
from mulbudget.hw.serial import SerialLayer
from mulbudget.hw.streams import Ends, input_ports, output_port, tensor_port
from mulbudget.hw.styles import Serial
from mulbudget.hw.tiles import TiledProduct
from mulbudget.hw.window import Window
from mulbudget.spn import Bilinear, Convolution, Flatten, Geometry, MaxPool, Network, Tensor

Queues = Mapping[str, tuple[int, ...]]

Core = ParallelLayer | SerialLayer
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
    """The layers of a network, and the depths of the queues of those that join streams."""
    cores = [_core(layer, plan) if layer.datapath.outputs else None for layer in plan.layers]
    flows = [
        Flow(layer.node.name, layer.node.inputs, tuple(_stages(layer, core)))
        for layer, core in zip(plan.layers, cores, strict=True)
    ]
    queues = depths(flows, network.INPUT, prod(network.input.shape[1:]))
    parts = zip(plan.layers, cores, flows, strict=True)
    return [_layer(network, *each, queues) for each in parts], queues


def _core(layer: LayerPlan, plan: Plan) -> Core:
    name, datapath, levels = layer.node.name, layer.datapath, plan.levels_per_stage
    match layer.style:
        case Serial(digit):
            return SerialLayer(name, datapath, digit=digit, levels_per_stage=levels)
        case _:
            return ParallelLayer(name, datapath, levels_per_stage=levels, family=plan.family)


def _stages(layer: LayerPlan, core: Core | None) -> list[Stage]:
    """What beats pass in a layer."""
    pipe: list[Stage] = []
    if isinstance(core, SerialLayer):
        pipe = [Held(core.latency, core.interval)]
    elif core is not None:
        pipe = [Pipe(core.latency)]
    match layer.node.operator:
        case Convolution(geometry=geometry) | MaxPool(geometry=geometry):
            raster = _raster(layer, geometry)
            return [Windows(raster), *pipe, *_reordered(raster)]
        case Flatten():
            return [Gathered(prod(layer.inputs[0].shape[1:]))]
        case _:
            return [*pipe]


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
    x, operator = plan.inputs[0], plan.node.operator
    beats = max(prod(each.shape[1:]) for each in (*plan.inputs, plan.output))
    if isinstance(operator, Flatten) or core is None:
        gather = Gather(tensor_port("i", x), plan.output.range)
        return Layer(gather, ("i",), flow, 1, beats)
    if isinstance(operator, Bilinear) and isinstance(core, ParallelLayer):
        product = _product(network, operator, core)
        return Layer(product, ("a", "b"), flow, product.latency, product.interval)
    if isinstance(operator, Convolution | MaxPool):
        raster = _raster(plan, operator.geometry)
        walk = raster.clocks + prod(raster.positions) * (core.interval - 1)
        interval = max(walk, prod(plan.output.shape[1:]))
        chain = _image(plan, operator, core, raster)
        return Layer(chain, ("i",), flow, 1 + core.latency, interval)
    if len(plan.inputs) > 1 and isinstance(core, ParallelLayer):
        ends = [each.range.ends for each in plan.inputs]
        joined = JoinedLayer(core, ends, queues[plan.node.name])
        ports = tuple(f"i{number}" for number in range(len(ends)))
        return Layer(joined, ports, flow, core.latency, beats)
    return Layer(core, ("i",), flow, core.latency, beats * core.interval)


def _product(
    network: Network, product: Bilinear, core: ParallelLayer
) -> ProductCore | TiledProduct:
    a, b = input_ports(network)
    if not product.tiled:
        return ProductCore(core, a.ends, b.ends)
    return TiledProduct(core, product.blocks, a, b, output_port(network))


def _image(plan: LayerPlan, operator: Convolution | MaxPool, core: Core, raster: Raster) -> Chain:
    """Windows, the datapath on each, and the order of pixels for patches."""
    x, name = plan.inputs[0], plan.node.name
    ends, fill = _window_ends(operator, x)
    parts: list[wiring.Component] = [Window(name, raster, x.range.ends, ends, fill), core]
    parts += [
        Patches(name, stage.outputs, stage.patch, plan.datapath.ends, plan.output.range.ends)
        for stage in _reordered(raster)
    ]
    return Chain(name, parts)


def _window_ends(operator: Convolution | MaxPool, x: Tensor) -> tuple[Ends, list[int]]:
    """Range of each entry of a window, and what stands beyond the edges."""
    if isinstance(operator, MaxPool):
        entries = operator.geometry.entries
        return [each for each in x.range.ends for _ in range(entries)], list(x.range.low)
    found = sum_product(operator, x)
    if found is None:
        raise RuntimeError("a convolution is a sum-product layer; please report this")
    return found[1].ends, [0] * x.shape[0]
