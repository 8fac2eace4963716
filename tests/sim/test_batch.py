"""Samples through compiled Verilog: values, timing, and designs that break the rules."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mulbudget.sim.batch import BatchSimulator, LaneSimulator
from mulbudget.sim.inputs import random_inputs
from mulbudget.sim.job import write_job
from mulbudget.sim.result import SimulationError
from mulbudget.sim.tools import Tool, ToolError
from mulbudget.spn import UserError
from tests.sim import leaf

X = random_inputs(leaf.NETWORK.input, 300, 0)
Y = leaf.NETWORK.run(X)


def simulator(folder: Path, *changes: tuple[str, str]) -> BatchSimulator:
    design = leaf.write(folder, *changes)
    return BatchSimulator(design.verilog, design.sidecar)


def test_back_to_back_samples(tmp_path: Path) -> None:
    result = simulator(tmp_path).run(X)
    assert result.y.tolist() == Y.tolist()
    assert result.latency == leaf.LATENCY
    assert result.interval == 1
    assert result.clocks == len(X) + leaf.LATENCY
    assert result.taken.tolist() == list(range(len(X)))


def test_one_sample_has_no_interval(tmp_path: Path) -> None:
    result = simulator(tmp_path).run(X[:1])
    assert result.y.tolist() == Y[:1].tolist()
    assert result.interval is None


@pytest.mark.parametrize("stalls", [0.1, 0.5, 0.9])
def test_stalls_change_the_clocks_but_no_value(tmp_path: Path, stalls: float) -> None:
    hardware = simulator(tmp_path)
    first, same, other = (hardware.run(X, stalls=stalls, seed=seed) for seed in (0, 0, 1))
    for result in (first, same, other):
        assert result.y.tolist() == Y.tolist()
    assert first.clocks > len(X) + leaf.LATENCY
    assert first.offered.tolist() == same.offered.tolist() != other.offered.tolist()


def test_progress_counts_the_results(tmp_path: Path) -> None:
    seen: list[int] = []
    simulator(tmp_path).run(X, progress=seen.append)
    assert seen[-1] == len(X)
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X[:, :1], r"adder takes shape \(samples, 2\), and is given \(300, 1\)"),
        (X[:0], "one or more samples"),
        (X / 2, "takes integers, and is given float64"),
        (X + np.array([0, 100]), r"input 1 of sample 0 is 92, outside -8 to 7"),
    ],
)
def test_inputs_that_do_not_fit(tmp_path: Path, x: np.ndarray, message: str) -> None:
    with pytest.raises(UserError, match=message):
        simulator(tmp_path).run(x)


@pytest.mark.parametrize("name", ["output.bin", "taken.bin", "offered.bin"])
def test_a_disk_that_fills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def and_fill(folder: Path, *job: Any, **settings: Any) -> None:
        write_job(folder, *job, **settings)
        (folder / name).symlink_to("/dev/full")

    hardware = simulator(tmp_path)
    monkeypatch.setattr("mulbudget.sim.batch.write_job", and_fill)
    with pytest.raises(UserError, match=r"cannot write the results .*: disk full"):
        hardware.run(X)


def test_stalls_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not 0 to 0\.95"):
        simulator(tmp_path).run(X, stalls=1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("enable = ~valid[1] | o__ready", "enable = 0"),
            "adder hangs after .*: 0 of 300 of i",
        ),
        (("{valid[0], i__valid}", "{valid[0], 1'b0}"), ": 300 of 300 of i, 0 of 300 of o tran"),
        (("{valid[0], i__valid}", "2'b11"), "offers a result in clock 3 that none of 1 samples"),
        (("enable = ~valid[1] | o__ready", "enable = 1"), "withdraws or changes result"),
    ],
)
def test_a_design_that_breaks_the_rules_of_streams(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(SimulationError, match=message):
        simulator(tmp_path, change).run(X, stalls=0.3)


def test_a_surplus_result_at_the_end(tmp_path: Path) -> None:
    again = ("i__valid};", "i__valid | (sum0 == 14 & valid[0])};")
    with pytest.raises(SimulationError, match="that none of 2 samples asked for"):
        simulator(tmp_path, again).run(np.array([[0, 0], [7, 7]]))


def test_a_clock_limit_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="hangs after 50 clocks"):
        simulator(tmp_path).run(X, clock_limit=50)


def test_verilog_that_does_not_compile(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"verilator ended with 1:(.|\n)*syntax error"):
        simulator(tmp_path, ("endmodule", "endmod"))


def test_the_same_design_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nothing has to be compiled")

    monkeypatch.setattr(Tool, "run", refuse)
    assert simulator(tmp_path).run(X).y.tolist() == Y.tolist()
    with pytest.raises(AssertionError, match="nothing has to be compiled"):
        simulator(tmp_path, ("reg [1:0] valid", "reg  [1:0] valid"))


def test_several_designs_in_one_program(tmp_path: Path) -> None:
    slower = ("i__ready = enable", "i__ready = enable & ~valid[0]")
    gated = ("valid[0], i__valid}", "valid[0], i__valid & i__ready}")
    designs = [
        leaf.write(tmp_path),
        leaf.write(tmp_path, slower, gated, name="slower"),
        leaf.write(tmp_path, ("a + b", "a - b"), name="wrong"),
    ]
    right, slow, wrong = LaneSimulator(designs).run([X, X[:100], X[:7]])
    assert right.y.tolist() == Y.tolist()
    assert (right.latency, right.interval, right.clocks) == (2, 1, len(X) + 2)
    assert slow.y.tolist() == Y[:100].tolist()
    assert (slow.latency, slow.interval) == (2, 2)
    assert wrong.y[:, 0].tolist() == (X[:7, 0] - X[:7, 1]).tolist()


def test_designs_of_one_name_are_refused(tmp_path: Path) -> None:
    design = leaf.write(tmp_path)
    with pytest.raises(ValueError, match="different names"):
        LaneSimulator([design, design])
