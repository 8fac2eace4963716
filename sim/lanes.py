"""One Verilog module around several designs, so that they are compiled and simulated together."""

from collections.abc import Sequence
from dataclasses import dataclass

from mulbudget.hw.sidecar import Sidecar, Stream
from mulbudget.sim.packing import payload_bits, payload_words

TOP = "mulbudget_lanes"

_NARROWEST = 65  # wider than 64 bits, so that every port is an array of words in the C++ model


@dataclass(frozen=True)
class Place:
    """Where a stream lies in the wrapper's ports: its handshake's bit, its payload's 32-bit words.

    Inputs lie in i_payload, i_valid and i_ready, outputs in o_payload, o_valid and o_ready.
    """

    stream: Stream
    bit: int
    word: int
    words: int


@dataclass(frozen=True)
class Lane:
    """The streams of one design."""

    inputs: list[Place]
    output: Place


def lanes(sidecars: Sequence[Sidecar]) -> list[Lane]:
    """A lane for each design, one after the other."""
    inputs = iter(_row([stream for sidecar in sidecars for stream in sidecar.inputs]))
    outputs = _row([sidecar.output for sidecar in sidecars])
    return [
        Lane([next(inputs) for _ in sidecar.inputs], output)
        for sidecar, output in zip(sidecars, outputs, strict=True)
    ]


def wrapper(sidecars: Sequence[Sidecar]) -> str:
    """Verilog of module `TOP`: clk, rst, and i and o ports that hold the streams of all lanes."""
    placed = lanes(sidecars)
    inputs = [place for lane in placed for place in lane.inputs]
    outputs = [lane.output for lane in placed]
    i_payload, o_payload = (_port(32 * sum(each.words for each in k)) for k in (inputs, outputs))
    i_handshake, o_handshake = _port(len(inputs)), _port(len(outputs))
    lines = [
        f"module {TOP}(input clk, input rst,",
        f"  input {i_payload} i_payload, output {o_payload} o_payload,",
        f"  input {i_handshake} i_valid, output {i_handshake} i_ready,",
        f"  output {o_handshake} o_valid, input {o_handshake} o_ready);",
    ]
    for index, (sidecar, lane) in enumerate(zip(sidecars, placed, strict=True)):
        lines += [
            f"  {sidecar.name} lane{index}(.clk(clk), .rst(rst),",
            *(f"{_connections(place, 'i')}," for place in lane.inputs),
            f"{_connections(lane.output, 'o')});",
        ]
    return "\n".join([*lines, "endmodule", ""])


def _row(streams: Sequence[Stream]) -> list[Place]:
    """Places side by side."""
    places, word = [], 0
    for bit, stream in enumerate(streams):
        places.append(Place(stream, bit, word, payload_words(stream.channels)))
        word += places[-1].words
    return places


def _port(bits: int) -> str:
    return f"[{max(bits, _NARROWEST) - 1}:0]"


def _connections(place: Place, side: str) -> str:
    name, bits = place.stream.name, payload_bits(place.stream.channels)
    return (
        f"    .{name}__payload({side}_payload[{32 * place.word} +: {bits}]),"
        f" .{name}__valid({side}_valid[{place.bit}]), .{name}__ready({side}_ready[{place.bit}])"
    )
