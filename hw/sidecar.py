"""The JSON file beside the Verilog: what a simulator, a board or a script must know of it."""

import os
from typing import Literal

import msgspec

from mulbudget.spn import Tensor, UserError, width
from mulbudget.spn.files import read_whole

VERSION = 1


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


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One operator as hardware.

    Parameters
    ----------
    name, operator : str
        Of the node, and the kind of its operator.
    style : str
        How it is built; "parallel" takes a sample a clock.
    latency, interval : int
        Clocks from a sample taken to its result offered, and from sample to sample.
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

    The module `name` has ports clk, rst (synchronous, active high) and two streams:
    i__payload, i__valid, i__ready and o__payload, o__valid, o__ready. A transfer happens at a
    rising edge of clk where valid and ready are both 1.

    Parameters
    ----------
    format, version
        "mulbudget-verilog", 1.
    name : str
        Of the module and the files.
    network : str
        `mulbudget.spn.digest` of the network it was generated from.
    family : str or None
        The device family whose DSP primitives the Verilog instantiates; None for portable
        Verilog, where a hardware product is a registered `*`.
    levels_per_stage : int
        Adders between pipeline registers, at most.
    latency, interval : int
        Clocks from a sample taken to its result offered (no stalls), and from sample to sample.
    multipliers : int
        DSP products of all layers.
    input, output : list of Channel
        The payloads of the two streams, in the order of the network's channels.
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
    input: list[Channel]
    output: list[Channel]
    layers: list[Layer]


def channels(tensor: Tensor) -> list[Channel]:
    """How a tensor's channels lie in a payload: in order, packed, the first in the lowest bits."""
    result, offset = [], 0
    for low, high in tensor.range.ends:
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
    for stream, payload in (("input", sidecar.input), ("output", sidecar.output)):
        _check_packed(payload, f"{path}: {stream}")
    return sidecar


def _check_packed(payload: list[Channel], where: str) -> None:
    offset = 0
    for index, channel in enumerate(payload):
        if channel.offset != offset or channel.width < 1:
            raise UserError(
                f"{where} channel {index} has {channel.width} bits from bit {channel.offset} on, "
                f"not one or more from bit {offset} on: generate the Verilog again"
            )
        offset += channel.width
