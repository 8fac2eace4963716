"""The board's top level in Verilator, at its pins; the benches are in board_bench.py."""

import os
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from amaranth.back import verilog

from mulbudget.boards.top import Core
from mulbudget.hw.families import FAMILIES
from mulbudget.hw.plan import make_plan
from mulbudget.hw.styles import styles_of
from mulbudget.sim.benches import run_cocotb
from mulbudget.spn import (
    ArgMax,
    Network,
    Node,
    Range,
    Requantize,
    SumProduct,
    Tensor,
    product_network,
    save,
)
from tests.algorithms import STRASSEN
from tests.images import image_network

DIVIDER = 8
GAP_BYTES = 16


def _network() -> Network:
    rng = np.random.default_rng(0)

    def ternary(rows: int, columns: int) -> np.ndarray:
        return rng.integers(-1, 2, (rows, columns)).astype(np.int8)

    fc1 = SumProduct(
        ternary(4, 9), rng.integers(-50, 50, 4), ternary(6, 4), rng.integers(-9, 9, 6), 4
    )
    fc2 = SumProduct(
        ternary(5, 6), rng.integers(-50, 50, 5), ternary(4, 5), rng.integers(-9, 9, 4), 4
    )
    nodes = [
        Node("fc1", fc1, "x"),
        Node("act1", Requantize(4, 0, 15), "fc1"),
        Node("fc2", fc2, "act1"),
        Node("argmax", ArgMax(), "fc2"),
    ]
    return Network("net", Tensor((9,), 0, Range.uniform(0, 20, 9)), nodes)


NETWORKS = {
    "layers": (_network(), None, []),
    "folded": (_network(), 1, ["folded:2", "fc2=serial:2"]),
    "core": (product_network(STRASSEN, name="net", bits=6), 3, []),
    "tiled": (product_network(STRASSEN, name="net", bits=6, size=(3, 4, 2)), None, []),
    "images": (image_network(5), None, []),
}
"""With how many multipliers, and in which styles."""


@pytest.mark.parametrize("name", NETWORKS)
def test_the_board_answers_the_host_over_its_uart(tmp_path: Path, name: str) -> None:
    (network, multipliers, styles), family = NETWORKS[name], FAMILIES["ecp5"]
    assert family.dsp is not None
    assert family.carry_cell is not None
    save(network, tmp_path / "net.spn")
    chosen = styles_of(network, styles)
    plan = make_plan(network, family="ecp5", dsp=multipliers, styles=chosen)
    core = Core(network, plan, divider=DIVIDER, gap_bytes=GAP_BYTES)
    with mock.patch.dict(os.environ, AMARANTH_USE_YOSYS="builtin"):
        (tmp_path / "core.v").write_text(verilog.convert(core, name="core"))
    results = run_cocotb(
        "tests.boards.board_bench",
        "core",
        [tmp_path / "core.v", family.dsp.model, family.carry_cell],
        ["clk", "rst", "rx", "tx"],
        environment={
            "BENCH_NETWORK": str(tmp_path / "net.spn"),
            "BENCH_LATENCY": str(core.accelerator.latency),
            "BENCH_DIVIDER": str(DIVIDER),
        },
    )
    assert len(results) == 4
    assert [each for each in results if each.failure is not None] == []
