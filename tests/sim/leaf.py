"""A small network with Verilog written by hand, which tests can break at will."""

from pathlib import Path

import numpy as np

from mulbudget.hw.sidecar import Sidecar, Stream, channels, encode
from mulbudget.sim.batch import Generated
from mulbudget.spn import Network, Node, Range, SumProduct, Tensor, save

LATENCY = 2

NETWORK = Network(
    "adder",
    Tensor((2,), 0, Range.uniform(-8, 7, 2)),
    [
        Node(
            "sum",
            SumProduct(
                np.array([[1, 1]], np.int8),
                np.array([1]),
                np.array([[1], [-1]], np.int8),
                np.array([0, 0]),
                0,
            ),
            "x",
        )
    ],
)
"""Outputs a + b and -(a + b)."""

VERILOG = """
module adder(input clk, input rst,
    input [7:0] i__payload, input i__valid, output i__ready,
    output [10:0] o__payload, output o__valid, input o__ready);
  wire signed [3:0] a = i__payload[3:0];
  wire signed [3:0] b = i__payload[7:4];
  reg signed [4:0] sum0;
  reg signed [4:0] sum1;
  reg [1:0] valid = 0;
  wire enable = ~valid[1] | o__ready;
  wire signed [5:0] negative = -sum1;
  assign i__ready = enable;
  assign o__valid = valid[1];
  assign o__payload = {negative, sum1};
  always @(posedge clk) begin
    if (enable) begin
      sum0 <= a + b;
      sum1 <= sum0;
    end
    if (rst) valid <= 0;
    else if (enable) valid <= {valid[0], i__valid};
  end
endmodule
"""


def sidecar(*, name: str = "adder", latency: int = LATENCY, interval: int = 1) -> Sidecar:
    return Sidecar(
        name=name,
        network="",
        family=None,
        levels_per_stage=1,
        latency=latency,
        interval=interval,
        multipliers=0,
        inputs=[Stream("i", [2], [2], channels(NETWORK.input.range.ends))],
        output=Stream("o", [2], [2], channels(NETWORK.output.range.ends)),
        layers=[],
    )


def write(folder: Path, *changes: tuple[str, str], name: str = "adder") -> Generated:
    """The design's files in `folder`: NAME.v, NAME.json and NAME.spn.

    Each change replaces a text of the Verilog by another one.
    """
    text = VERILOG.replace("module adder", f"module {name}")
    return write_files(folder, NETWORK, sidecar(name=name), text, *changes)


def write_files(
    folder: Path, network: Network, described: Sidecar, text: str, *changes: tuple[str, str]
) -> Generated:
    """NAME.v, NAME.json and NAME.spn in `folder`, with texts of the Verilog replaced by others."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    verilog = folder / f"{described.name}.v"
    verilog.write_text(text)
    verilog.with_suffix(".json").write_bytes(encode(described))
    save(network, verilog.with_suffix(".spn"))
    return Generated(verilog, described)
