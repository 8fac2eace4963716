"""Hardware with several input streams and beats: right cores pass, wrong ones are caught."""

from dataclasses import dataclass
from pathlib import Path

import find_libpython
import numpy as np
import pytest

from mulbudget.sim.batch import BatchSimulator, LaneSimulator
from mulbudget.sim.benches import run_stream_benches
from mulbudget.sim.compare import compare
from mulbudget.sim.inputs import random_inputs
from mulbudget.sim.result import SimulationError
from mulbudget.spn import UserError
from tests.sim import leaf
from tests.sim.cores import ACCUMULATOR, CORES, JOINER, Core

STALLS = 0.4

with_cocotb = pytest.mark.skipif(
    find_libpython.find_libpython() is None,
    reason="cocotb needs Python as a shared library (Debian and Ubuntu: libpython3.x)",
)


def samples(core: Core, count: int = 100) -> np.ndarray:
    return random_inputs(core.network.input, count, 0)


def simulator(core: Core, folder: Path, *changes: tuple[str, str]) -> BatchSimulator:
    design = core.write(folder, *changes)
    return BatchSimulator(design.verilog, design.sidecar)


def failing_benches(core: Core, folder: Path, *changes: tuple[str, str]) -> dict[str, str]:
    """The benches that fail, and why."""
    design = core.write(folder, *changes)
    spn, described = (design.verilog.with_suffix(suffix) for suffix in (".spn", ".json"))
    benches = run_stream_benches(spn, design.verilog, described, design.sidecar, samples=10)
    return {bench.name.split("/")[0]: bench.failure for bench in benches if bench.failure}


@pytest.mark.parametrize("core", CORES, ids=lambda core: core.network.name)
@pytest.mark.parametrize("stalls", [0.0, STALLS])
def test_a_right_core(core: Core, stalls: float, tmp_path: Path) -> None:
    comparison = compare(core.network, simulator(core, tmp_path), samples(core), stalls=stalls)
    assert comparison.passed, comparison.timing
    assert comparison.exact == 100


@with_cocotb
@pytest.mark.parametrize("core", CORES, ids=lambda core: core.network.name)
def test_a_right_core_passes_all_benches(core: Core, tmp_path: Path) -> None:
    assert failing_benches(core, tmp_path) == {}


def test_the_clocks_of_a_sample_of_several_beats(tmp_path: Path) -> None:
    result = simulator(ACCUMULATOR, tmp_path).run(samples(ACCUMULATOR, 3))
    assert result.taken.tolist() == [0, 2, 9]  # b is taken ahead, while A waits
    assert result.offered.tolist() == [7, 15, 23]
    assert result.clocks == 24
    assert result.latency == 7
    assert result.intervals.tolist() == [8, 8]


def test_designs_with_different_streams_in_one_program(tmp_path: Path) -> None:
    cores = [ACCUMULATOR, JOINER]
    designs = [cores[0].write(tmp_path), leaf.write(tmp_path), cores[1].write(tmp_path)]
    networks = [cores[0].network, leaf.NETWORK, cores[1].network]
    inputs = [
        random_inputs(network.input, count, 1)
        for network, count in zip(networks, (20, 50, 30), strict=True)
    ]
    results = LaneSimulator(designs).run(inputs, stalls=STALLS)
    for network, x, result in zip(networks, inputs, results, strict=True):
        assert result.y.tolist() == network.run(x).tolist()


def test_a_value_outside_the_channel_that_carries_it(tmp_path: Path) -> None:
    x = samples(ACCUMULATOR, 4)
    x[2, 15] = 8
    with pytest.raises(UserError, match="input 15 of sample 2 is 8, outside -8 to 7"):
        simulator(ACCUMULATOR, tmp_path).run(x)


def test_progress_counts_samples_and_not_beats(tmp_path: Path) -> None:
    seen: list[int] = []
    simulator(ACCUMULATOR, tmp_path).run(samples(ACCUMULATOR, 10), progress=seen.append)
    assert seen == list(range(1, 11))


@dataclass(frozen=True)
class Break:
    """A wrong core; a batch says `message`, or gives wrong values, and `benches` fail."""

    core: Core
    changes: tuple[tuple[str, str], ...]
    message: str | None
    benches: frozenset[str]


ALL = frozenset({"back_to_back", "one_at_a_time", "random_stalls", "reset_in_the_middle"})
STALLED = frozenset({"random_stalls"})
RESET = frozenset({"reset_in_the_middle"})

BREAKS = {
    "it does not wait for b": Break(
        JOINER, (("both = a__valid & b__valid", "both = a__valid"),), "asked for", STALLED
    ),
    "it looks at b while b is not valid": Break(
        ACCUMULATOR,
        (
            ("if (b__valid & b__ready) begin\n      spare", "spare"),
            ("spared <= 1;\n    end", "if (b__valid & b__ready) spared <= 1;"),
        ),
        None,
        ALL - {"one_at_a_time"},
    ),
    "it drops the values of a beat": Break(
        ACCUMULATOR, (("total <= total + a0", "if (beats != 3) total <= total + a0"),), None, ALL
    ),
    "it needs a beat less than there are": Break(
        ACCUMULATOR, (("beats < 6", "beats < 5"), ("beats == 6", "beats == 5")), "asked for", ALL
    ),
    "it waits for a beat more than there are": Break(
        ACCUMULATOR, (("beats < 6", "beats < 7"), ("beats == 6", "beats == 7")), "hangs", ALL
    ),
    "it gives a result of three beats": Break(
        ACCUMULATOR,
        (("reg second", "reg [1:0] second"), ("o__ready & second", "o__ready & second == 2")),
        "withdraws or changes|asked for|beyond",
        ALL,
    ),
    "it changes a result that waits": Break(
        ACCUMULATOR,
        (("second ? {9'd0", "second | ~o__ready ? {9'd0"),),
        "changes result",
        STALLED | RESET,
    ),
    "it is not 0 beyond the edge": Break(
        ACCUMULATOR, (("{9'd0,", "{9'd1,"),), r"gives result 0 with entries beyond the edge", ALL
    ),
    "its reset leaves beats behind": Break(
        ACCUMULATOR,
        (("if (rst) begin\n      beats <= 0;\n      total <= 0;", "if (rst) begin"),),
        None,
        RESET,
    ),
    "its reset leaves half a result behind": Break(
        ACCUMULATOR,
        (("spared <= 0;\n      second <= 0;", "spared <= 0;"),),
        None,
        RESET,
    ),
}


BATCH = {name: broken for name, broken in BREAKS.items() if broken.benches != RESET}
"""A batch has no reset in the middle."""


@pytest.mark.parametrize("broken", BATCH.values(), ids=BATCH)
def test_a_batch_catches_a_wrong_core(broken: Break, tmp_path: Path) -> None:
    hardware = simulator(broken.core, tmp_path, *broken.changes)
    if broken.message is None:
        assert not compare(broken.core.network, hardware, samples(broken.core), stalls=0.5).passed
    else:
        with pytest.raises(SimulationError, match=broken.message):
            hardware.run(samples(broken.core), stalls=0.5)


@with_cocotb
@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS)
def test_benches_catch_a_wrong_core(broken: Break, tmp_path: Path) -> None:
    assert set(failing_benches(broken.core, tmp_path, *broken.changes)) == broken.benches


def test_a_beat_that_is_never_taken_is_a_hang(tmp_path: Path) -> None:
    fewer = (
        *(("beats < 6", "beats < 5"), ("beats == 6", "beats == 5")),
        ("if (last) begin\n      beats <= 0;", "if (last) begin\n      beats <= 5;"),
    )
    message = "hangs after .* clocks: 5 of 6 of a, 1 of 1 of b, 2 of 2 of o transferred"
    with pytest.raises(SimulationError, match=message):
        simulator(ACCUMULATOR, tmp_path, *fewer).run(samples(ACCUMULATOR, 1))


def test_timing_of_several_beats_that_is_not_as_promised(tmp_path: Path) -> None:
    slower = ("if (spared & ~held)", "if (spared & ~held & beats == 6)")
    comparison = compare(
        ACCUMULATOR.network, simulator(ACCUMULATOR, tmp_path, slower), samples(ACCUMULATOR, 9)
    )
    assert comparison.difference is None
    assert comparison.timing == (
        "latency is 8 clocks, not 7",
        "the interval is 9 clocks from sample to sample, not 8",
    )
