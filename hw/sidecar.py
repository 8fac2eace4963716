"""The JSON file beside the Verilog: what a simulator, a board or a script must know of it."""

import math
import os
from typing import Literal

import msgspec

from mulbudget.hw.streams import Ends, Port
from mulbudget.spn import UserError, width
from mulbudget.spn.bilinear import MOST_ENTRIES
from mulbudget.spn.files import read_whole
from mulbudget.spn.names import check_name

VERSION = 3
PARALLEL, TILED = "parallel", "tiled"
"""Styles: the whole in space, and a product of matrices block by block through buffers in RAM."""


class _Version(msgspec.Struct):
    version: int


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One integer of a stream's payload: bits `offset` to `offset + width - 1`.

    Two's complement where `signed`; its value is always `low` to `high`, inclusive.
    """

    offset: int
    width: int
    signed: bool
    low: int
    high: int


class Stream(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One stream of the module, and how a sample travels on it.

    The stream's part of a sample is a tensor of `shape`. It is cut into blocks, which travel one a
    beat in C order of the blocks, the entries of a block in C order. Entries of a block beyond the
    edge of the tensor are 0.

    Parameters
    ----------
    name : str
        Its ports are NAME__payload, NAME__valid and NAME__ready.
    shape : list of int
        Of the tensor.
    block : list of int
        Of what one beat carries; as many axes.
    channels : list of Channel
        Those of one beat: the entries of a block.
    """

    name: str
    shape: list[int]
    block: list[int]
    channels: list[Channel]

    @property
    def entries(self) -> int:
        """Integers of a sample's tensor."""
        return math.prod(self.shape)

    @property
    def blocks(self) -> list[int]:
        """Blocks along each axis."""
        return [-(-n // size) for n, size in zip(self.shape, self.block, strict=True)]

    @property
    def beats(self) -> int:
        """Transfers of a sample."""
        return math.prod(self.blocks)


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One operator as hardware.

    Parameters
    ----------
    name, operator : str
        Of the node, and the kind of its operator.
    style : str
        How it is built: "parallel", the whole in space; "serial", the same digit by digit;
        "folded", a few inputs and products a clock; or "tiled", whose streams carry matrices block
        by block through buffers in RAM.
    latency, interval : int
        Clocks from a sample taken to its result offered, and from sample to sample; of a layer on
        images, the first is from the last pixel of a window taken to its result offered.
    digit : int
        Bits of a digit of a serial layer; 0 of others.
    lanes, multipliers : int
        Inputs that a folded layer adds a clock, and products that it makes; 0 of others.
    dsp, shift_add : int
        DSP blocks, and products in logic: by shift-and-add where a factor is constant.
    adders_wa, adders_wb, adders_wc, adders_products : int
        Two-input adders of the graphs of Wa, Wb and Wc, and of the shift-and-add products.
    depth_wa, depth_wb, depth_wc : int
        The longest chain of adders in each graph.
    width_u, width_z, width_v : int
        Bits of the widest channel of u = Wb x, z = a * u and v = Wc z + bias; of a product of
        matrices of both operands, of the products and of C.
    """

    name: str
    operator: str
    style: str
    latency: int
    interval: int
    digit: int = 0
    lanes: int = 0
    multipliers: int = 0
    dsp: int = 0
    shift_add: int = 0
    adders_wa: int = 0
    adders_wb: int = 0
    adders_wc: int = 0
    adders_products: int = 0
    depth_wa: int = 0
    depth_wb: int = 0
    depth_wc: int = 0
    width_u: int = 0
    width_z: int = 0
    width_v: int = 0


class Sidecar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What NAME.json holds about NAME.v.

    The module `name` has ports clk, rst (synchronous, active high) and those of its streams. A
    transfer, or beat, happens at a rising edge of clk where valid and ready are both 1.

    A sample is a row of integers: the tensors of the input streams one after the other, each in C
    order. Its result is the output's tensor in C order.

    Parameters
    ----------
    format, version
        "mulbudget-verilog", 3.
    name : str
        Of the module and the files.
    network : str
        `mulbudget.spn.digest` of the network it was generated from.
    family : str or None
        The device family whose DSP primitives the Verilog instantiates; None for portable
        Verilog, where a hardware product is a registered `*`.
    levels_per_stage : int
        Adders between pipeline registers, at most.
    latency : int
        Clocks from the first beat of a sample taken to the last beat of its result offered, by
        hardware that was idle, without stalls.
    interval : int
        Clocks from sample to sample, when they follow each other without a pause.
    multipliers : int
        Of all layers: the DSP blocks that the Verilog uses.
    inputs : list of Stream
        "i", or the operands "a" and "b"; each has its own handshake.
    output : Stream
        "o".
    layers : list of Layer
    """

    format: Literal["mulbudget-verilog"] = "mulbudget-verilog"
    version: int = VERSION
    name: str
    network: str
    family: str | None
    levels_per_stage: int
    latency: int
    interval: int
    multipliers: int
    inputs: list[Stream]
    output: Stream
    layers: list[Layer]

    @property
    def streams(self) -> list[Stream]:
        """All of them, the output last."""
        return [*self.inputs, self.output]

    @property
    def settling(self) -> int:
        """Clocks after a reset, or after a sample, until the hardware is idle.

        The windows of an image network pass by themselves over what lies before its first pixel.
        """
        return self.interval if self.buffered else 0

    @property
    def buffered(self) -> bool:
        """Whether samples are taken before their turn, and so wait for those before them."""
        beats = any(stream.beats > 1 for stream in self.streams)
        return beats or any(layer.style != PARALLEL for layer in self.layers)


def carried(port: Port) -> Stream:
    """What the sidecar says of a stream."""
    return Stream(port.name, list(port.shape), list(port.block), channels(port.ends))


def channels(ends: Ends) -> list[Channel]:
    """How channels of these ranges lie in a payload: packed, the first in the lowest bits."""
    result, offset = [], 0
    for low, high in ends:
        bits, signed = width(low, high)
        result.append(Channel(offset, bits, signed, low, high))
        offset += bits
    return result


def encode(sidecar: Sidecar) -> bytes:
    """The bytes of NAME.json."""
    return msgspec.json.format(msgspec.json.encode(sidecar), indent=2) + b"\n"


def load(path: str | os.PathLike[str]) -> Sidecar:
    """Read NAME.json.

    Raises
    ------
    UserError
        When it is no such file, of another version, or its channels do not lie side by side.
    """
    content = read_whole(path)
    try:
        version = msgspec.json.decode(content, type=_Version).version
        if version != VERSION:
            raise UserError(
                f"{path} is of version {version}, and this mulbudget reads version {VERSION}: "
                "generate the Verilog again"
            )
        sidecar = msgspec.json.decode(content, type=Sidecar)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path} does not describe generated Verilog: {error}") from error
    _check_streams(sidecar, path)
    return sidecar


def _check_streams(sidecar: Sidecar, path: str | os.PathLike[str]) -> None:
    names = [stream.name for stream in sidecar.streams]
    if len(names) < 2 or len(set(names)) < len(names):
        raise UserError(
            f"{path} has the streams {', '.join(names)}, not one or more inputs and an output of "
            "different names: generate the Verilog again"
        )
    for stream in sidecar.streams:
        where = f"{path}: stream {stream.name}"
        try:
            check_name(stream.name, "stream")
        except UserError as error:
            raise UserError(f"{path}: {error}") from error
        _check_blocks(stream, where)
        _check_packed(stream.channels, where)


def _check_blocks(stream: Stream, where: str) -> None:
    shape, block = stream.shape, stream.block
    if len(shape) != len(block) or not shape or min(*shape, *block) < 1:
        raise UserError(
            f"{where} has blocks {block} of a tensor {shape}, not as many sizes, each 1 or more: "
            "generate the Verilog again"
        )
    if stream.beats * math.prod(block) > MOST_ENTRIES:
        raise UserError(
            f"{where} has {stream.beats:,} beats of blocks {block}, and a sample has at most "
            f"{MOST_ENTRIES:,} entries: generate the Verilog again"
        )
    if len(stream.channels) != math.prod(block):
        raise UserError(
            f"{where} has {len(stream.channels)} channels for blocks {block}, not "
            f"{math.prod(block)}: generate the Verilog again"
        )
    padded = any(n % size for n, size in zip(shape, block, strict=True))
    for index, channel in enumerate(stream.channels):
        if padded and not channel.low <= 0 <= channel.high:
            raise UserError(
                f"{where} channel {index} is {channel.low} to {channel.high}, and blocks {block} "
                f"reach beyond a tensor {shape}, where it is 0: generate the Verilog again"
            )


def _check_packed(payload: list[Channel], where: str) -> None:
    offset = 0
    for index, channel in enumerate(payload):
        if channel.offset != offset or channel.width < 1:
            raise UserError(
                f"{where} channel {index} has {channel.width} bits from bit {channel.offset} on, "
                f"not one or more from bit {offset} on: generate the Verilog again"
            )
        offset += channel.width
