"""The bench of throughput builds one network twice and measures both in the same surroundings."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from bench import peer_network, peers, place, throughput
from bench.place import Design, Port, surroundings
from mulbudget.spn import (
    ArgMax,
    Network,
    Node,
    Range,
    Requantize,
    SumProduct,
    Tensor,
    UserError,
    save,
)

needs_da4ml = pytest.mark.skipif(
    "da4ml" not in peers.installed(), reason="da4ml is not installed: pip install -e '.[peers]'"
)

WB = np.array([[1, -1, 0, 0], [1, 1, 0, 1], [-1, 0, 0, -1]], np.int8)
WC = np.array([[1, -1, 0], [0, 1, 1], [-1, 0, 1]], np.int8)


def network() -> Network:
    """Two layers; the first takes three of four inputs."""
    x = Tensor((4,), 0, Range.uniform(0, 7, 4))
    first = SumProduct(WB, np.array([5, -3, 6]), WC, np.array([9, 0, -20]), 0)
    second = SumProduct(WC, np.array([7, 2, -9]), np.eye(3, dtype=np.int8), np.array([1, 0, 3]), 0)
    nodes = [
        Node("fc1", first, "x"),
        Node("act", Requantize(3, 0, 7), "fc1"),
        Node("fc2", second, "act"),
        Node("argmax", ArgMax(), "fc2"),
    ]
    return Network("little", x, nodes)


EVERY = np.stack(np.meshgrid(*[np.arange(8)] * 4), axis=-1).reshape(-1, 4)


@needs_da4ml
@pytest.mark.parametrize("product", peer_network.PRODUCTS)
@pytest.mark.parametrize("clamp", peer_network.CLAMPS)
def test_every_form_for_da4ml_is_the_network(product: str, clamp: str) -> None:
    logic = peer_network.trace(network(), product, clamp)
    assert (logic.predict(EVERY.astype(float)) == network().run(EVERY).reshape(-1, 1)).all()


@needs_da4ml
@pytest.mark.parametrize(("cutoff", "registers"), [(1, 1), (2, 1), (1, 2)])
def test_its_verilog_is_the_network(tmp_path: Path, cutoff: float, registers: int) -> None:
    logic = peer_network.trace(network(), "factored", "bits")
    written = peer_network.write(logic, tmp_path, cutoff, registers)
    assert (peer_network.simulate(written, EVERY) == network().run(EVERY).reshape(-1, 1)).all()
    assert sum(written.inputs) == 3 * 3


@needs_da4ml
def test_both_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (throughput.report.__globals__, place.__dict__):
        monkeypatch.setitem(module, "FOLDER", tmp_path)
    save(network(), tmp_path / "little.spn")
    throughput.main(
        tmp_path / "little.spn",
        level=[1],
        setting=["1:1"],
        product=["factored"],
        clamp=["bits"],
        keep=False,
        seed=[1],
        weight=10,
        our_weight=3,
        samples=50,
        dsp=0,
        synthesised=True,
        handshake=True,
    )
    rows = json.loads((tmp_path / "throughput.json").read_text())
    assert [row["tool"] for row in rows] == ["da4ml"] * 2 + ["mulbudget"] * 2
    assert [row["netlist"] for row in rows[:2]] == [throughput.SHORTER, throughput.SYNTHESISED]
    assert [row["weight"] for row in rows] == [10, 10, 3, 3]
    assert all(row["exact"] == row["samples"] == 50 for row in rows)
    for row in rows:
        assert row["LUTs"] > 0 == row["DSPs"]
        assert row["samples/s/LUT"] == pytest.approx(row["Fmax [MHz]"] * 1e6 / row["LUTs"])
    for row, theirs in itertools.product(rows[2:], rows[:2]):
        ratio = row["samples/s/LUT"] / theirs["samples/s/LUT"]
        said = float(row[f"times da4ml, {theirs['netlist']}"])
        assert said == pytest.approx(ratio, abs=0.001)
    assert rows[0]["LUTs"] < rows[1]["LUTs"]


def test_a_network_without_a_dense_layer_at_its_begin_is_refused() -> None:
    x = Tensor((3,), 0, Range.uniform(0, 7, 3))
    with pytest.raises(UserError, match="begins with argmax: the bench builds dense networks"):
        throughput.idle_bits(Network("net", x, [Node("argmax", ArgMax(), "x")]))


def test_bits_of_inputs_that_no_product_takes_are_idle() -> None:
    assert throughput.idle_bits(network()) == {6, 7, 8}


def test_the_shift_register_feeds_what_is_not_idle() -> None:
    design = Design(
        top="adder",
        sources=(),
        inputs=(Port("a", 3), Port("b", 4, frozenset({1, 2}))),
        outputs=(Port("y", 4), Port("z", 1)),
        constants=(("ready", "1'b1"),),
    )
    text = surroundings(design)
    assert "reg [4:0] inputs;" in text
    assert ".a(inputs[2:0])" in text
    assert ".b({inputs[4], 1'b0, 1'b0, inputs[3]})" in text
    assert ".y(outputs[3:0])" in text and ".z(outputs[4:4])" in text
    assert ".ready(1'b1)" in text


def test_an_adder_between_registers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "FOLDER", tmp_path)
    source = """module adder(input clk, input [7:0] a, b, output reg [8:0] y);
      always @(posedge clk) y <= a + b;
    endmodule"""
    design = Design("adder", (source,), (Port("a", 8), Port("b", 8)), (Port("y", 9),))
    placed = place.place(design)
    assert placed.luts >= 9
    assert placed.flip_flops == 8 + 8 + 9 + 9
    assert placed.dsps == 0 < placed.mhz
    assert len(list(tmp_path.glob("placed/*.json"))) == 1
    assert place.place(design, shorter=False).luts > placed.luts
    assert len(list(tmp_path.glob("placed/*.json"))) == 2
    monkeypatch.setattr(place.tools.Tool, "run", None)
    assert place.place(design) == placed
