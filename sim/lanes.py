"""One Verilog module around several designs, so that they are compiled and simulated together."""

from collections.abc import Sequence
from dataclasses import dataclass

from mulbudget.hw.sidecar import Sidecar
from mulbudget.sim.packing import payload_bits, payload_words

TOP = "mulbudget_lanes"

_NARROWEST = 65  # wider than 64 bits, so that every port is an array of words in the C++ model


@dataclass(frozen=True)
class Lane:
    """Where a design's payloads lie in the ports of the wrapper, in 32-bit words."""

    i_word: int
    i_words: int
    o_word: int
    o_words: int


def lanes(sidecars: Sequence[Sidecar]) -> list[Lane]:
    """A lane for each design, one after the other."""
    result, i_word, o_word = [], 0, 0
    for sidecar in sidecars:
        lane = Lane(i_word, payload_words(sidecar.input), o_word, payload_words(sidecar.output))
        result.append(lane)
        i_word += lane.i_words
        o_word += lane.o_words
    return result


def wrapper(sidecars: Sequence[Sidecar]) -> str:
    """Verilog of module `TOP`: clk, rst, and i and o streams whose ports hold all lanes."""
    placed = lanes(sidecars)
    i_bits = max(32 * sum(lane.i_words for lane in placed), _NARROWEST)
    o_bits = max(32 * sum(lane.o_words for lane in placed), _NARROWEST)
    handshake = f"[{max(len(placed), _NARROWEST) - 1}:0]"
    lines = [
        f"module {TOP}(input clk, input rst,",
        f"  input [{i_bits - 1}:0] i_payload, output [{o_bits - 1}:0] o_payload,",
        *(f"  input {handshake} {port}," for port in ("i_valid", "o_ready")),
        f"  output {handshake} i_ready, output {handshake} o_valid);",
    ]
    for index, (sidecar, lane) in enumerate(zip(sidecars, placed, strict=True)):
        lines += [
            f"  {sidecar.name} lane{index}(.clk(clk), .rst(rst),",
            f"    .i__payload(i_payload[{32 * lane.i_word} +: {payload_bits(sidecar.input)}]),",
            f"    .i__valid(i_valid[{index}]), .i__ready(i_ready[{index}]),",
            f"    .o__payload(o_payload[{32 * lane.o_word} +: {payload_bits(sidecar.output)}]),",
            f"    .o__valid(o_valid[{index}]), .o__ready(o_ready[{index}]));",
        ]
    return "\n".join([*lines, "endmodule", ""])
