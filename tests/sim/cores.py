"""Hardware with two input streams, written by hand, which tests can break at will.

`JOINER` adds an operand of each stream. `ACCUMULATOR` takes a matrix A of 3x5 in blocks of 2x2 and
a number b, and gives sum(A) + b, -sum(A) and b in blocks of 2; it takes b ahead of time.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mulbudget.hw.sidecar import Channel, Sidecar, Stream
from mulbudget.sim.batch import Generated
from mulbudget.spn import Network, Node, Range, SumProduct, Tensor
from tests.sim import leaf


@dataclass(frozen=True)
class Core:
    network: Network
    sidecar: Sidecar
    verilog: str

    def write(self, folder: Path, *changes: tuple[str, str]) -> Generated:
        """Its files in `folder`, with texts of the Verilog replaced by others."""
        return leaf.write_files(folder, self.network, self.sidecar, self.verilog, *changes)


def _numbers(count: int, width: int, low: int, high: int) -> list[Channel]:
    return [Channel(width * k, width, True, low, high) for k in range(count)]


def _sums(name: str, wb: list[list[int]], wc: list[list[int]]) -> Network:
    layer = SumProduct(
        np.array(wb, np.int8),
        np.ones(len(wb), np.int64),
        np.array(wc, np.int8),
        np.zeros(len(wc), np.int64),
        0,
    )
    entries = len(wb[0])
    x = Tensor((entries,), 0, Range.uniform(-8, 7, entries))
    return Network(name, x, [Node("sum", layer, "x")])


def _sidecar(
    name: str, latency: int, interval: int, inputs: list[Stream], output: Stream
) -> Sidecar:
    return Sidecar(
        name=name,
        network="",
        family=None,
        levels_per_stage=1,
        latency=latency,
        interval=interval,
        multipliers=0,
        inputs=inputs,
        output=output,
        layers=[],
    )


_NIBBLE = _numbers(1, 4, -8, 7)

JOINER = Core(
    _sums("joiner", [[1, 1]], [[1]]),
    _sidecar(
        "joiner",
        1,
        1,
        [Stream("a", [1], [1], _NIBBLE), Stream("b", [1], [1], _NIBBLE)],
        Stream("o", [1], [1], _numbers(1, 5, -16, 14)),
    ),
    """
module joiner(input clk, input rst,
    input signed [3:0] a__payload, input a__valid, output a__ready,
    input signed [3:0] b__payload, input b__valid, output b__ready,
    output [4:0] o__payload, output o__valid, input o__ready);
  reg signed [4:0] sum;
  reg valid = 0;
  wire both = a__valid & b__valid;
  wire enable = ~valid | o__ready;
  assign a__ready = both & enable;
  assign b__ready = both & enable;
  assign o__valid = valid;
  assign o__payload = sum;
  always @(posedge clk) begin
    if (enable) sum <= a__payload + b__payload;
    if (rst) valid <= 0;
    else if (enable) valid <= both;
  end
endmodule
""",
)

ACCUMULATOR = Core(
    _sums("accumulator", [[1] * 15 + [0], [0] * 15 + [1]], [[1, 1], [-1, 0], [0, 1]]),
    _sidecar(
        "accumulator",
        7,
        8,
        [Stream("a", [3, 5], [2, 2], _numbers(4, 4, -8, 7)), Stream("b", [1], [1], _NIBBLE)],
        Stream("o", [3], [2], _numbers(2, 9, -128, 120)),
    ),
    """
module accumulator(input clk, input rst,
    input [15:0] a__payload, input a__valid, output a__ready,
    input signed [3:0] b__payload, input b__valid, output b__ready,
    output [17:0] o__payload, output o__valid, input o__ready);
  wire signed [3:0] a0 = a__payload[3:0];
  wire signed [3:0] a1 = a__payload[7:4];
  wire signed [3:0] a2 = a__payload[11:8];
  wire signed [3:0] a3 = a__payload[15:12];
  reg signed [8:0] total = 0;
  reg [2:0] beats = 0;
  reg signed [3:0] b;
  reg signed [3:0] spare;
  reg held = 0;
  reg spared = 0;
  reg second = 0;
  assign a__ready = beats < 6;
  assign b__ready = ~spared;
  assign o__valid = beats == 6 & held;
  wire last = o__valid & o__ready & second;
  wire signed [8:0] plus = total + b;
  wire signed [8:0] minus = -total;
  assign o__payload = second ? {9'd0, {5{b[3]}}, b} : {minus, plus};
  always @(posedge clk) begin
    if (a__valid & a__ready) begin
      total <= total + a0 + a1 + a2 + a3;
      beats <= beats + 1;
    end
    if (b__valid & b__ready) begin
      spare <= b__payload;
      spared <= 1;
    end
    if (spared & ~held) begin
      b <= spare;
      held <= 1;
      spared <= 0;
    end
    if (o__valid & o__ready) second <= second + 1;
    if (last) begin
      beats <= 0;
      total <= 0;
      held <= 0;
      second <= 0;
    end
    if (rst) begin
      beats <= 0;
      total <= 0;
      held <= 0;
      spared <= 0;
      second <= 0;
    end
  end
endmodule
""",
)

CORES = [JOINER, ACCUMULATOR]
