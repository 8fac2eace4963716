"""The cocotb benches pass on right hardware, and each of them catches what it is there for."""

from pathlib import Path

import find_libpython
import pytest

from mulbudget.hw.plan import make_plan
from mulbudget.hw.sidecar import encode
from mulbudget.hw.verilog import write
from mulbudget.sim.benches import Bench, run_stream_benches
from mulbudget.sim.tools import ToolError
from mulbudget.spn import Scheme, product_network, save, standard
from tests.algorithms import STRASSEN
from tests.images import image_network
from tests.networks import example
from tests.sim import leaf

pytestmark = pytest.mark.skipif(
    find_libpython.find_libpython() is None,
    reason="cocotb needs Python as a shared library (Debian and Ubuntu: libpython3.x)",
)

BENCHES = {"back_to_back", "one_at_a_time", "random_stalls", "reset_in_the_middle"}


def run(folder: Path, *changes: tuple[str, str], latency: int = leaf.LATENCY) -> list[Bench]:
    design = leaf.write(folder, *changes)
    described = leaf.sidecar(latency=latency)
    (folder / "adder.json").write_bytes(encode(described))
    return run_stream_benches(
        folder / "adder.spn", design.verilog, folder / "adder.json", described, samples=20
    )


def failures(benches: list[Bench]) -> dict[str, str]:
    return {bench.name.split("/")[0]: bench.failure for bench in benches if bench.failure}


@pytest.mark.parametrize("family", [None, "ecp5"])
def test_a_generated_network_passes_all(tmp_path: Path, family: str | None) -> None:
    network = example()
    sidecar = write(network, make_plan(network, family=family), tmp_path)
    save(network, tmp_path / "example.spn")
    spn, verilog, described = (tmp_path / f"example.{suffix}" for suffix in ("spn", "v", "json"))
    benches = run_stream_benches(spn, verilog, described, sidecar, samples=20)
    assert {bench.name.split("/")[0] for bench in benches} == BENCHES
    assert failures(benches) == {}


@pytest.mark.parametrize(
    ("scheme", "size", "dsp"),
    [
        (STRASSEN, None, None),
        (STRASSEN, None, 3),
        (STRASSEN, (3, 5, 3), None),
        (STRASSEN, (3, 5, 3), 2),
        (STRASSEN, (2, 2, 6), 4),
        (STRASSEN, (1, 1, 1), None),
        (STRASSEN, (1, 1, 1), 1),
        (standard(3, 3, 3), (3, 6, 3), 1),
    ],
)
def test_a_product_of_matrices_passes_all(
    tmp_path: Path, scheme: Scheme, size: tuple[int, int, int] | None, dsp: int | None
) -> None:
    network = product_network(scheme, name="product", bits=3, size=size)
    sidecar = write(network, make_plan(network, dsp=dsp), tmp_path)
    save(network, tmp_path / "product.spn")
    spn, verilog, described = (tmp_path / f"product.{suffix}" for suffix in ("spn", "v", "json"))
    benches = run_stream_benches(spn, verilog, described, sidecar, samples=10)
    assert failures(benches) == {}


def test_the_same_network_by_hand_passes_all(tmp_path: Path) -> None:
    assert failures(run(tmp_path)) == {}


def test_a_wrong_value(tmp_path: Path) -> None:
    found = failures(run(tmp_path, ("a + b", "a - b")))
    assert set(found) == BENCHES
    assert "expected" in found["back_to_back"]


def test_a_latency_that_is_not_the_sidecars(tmp_path: Path) -> None:
    found = failures(run(tmp_path, latency=3))
    assert set(found) == BENCHES - {"random_stalls"}
    assert "latency is [2] clocks, not 3" in found["back_to_back"]


def test_a_register_that_does_not_stop(tmp_path: Path) -> None:
    running = ("if (enable) begin\n      sum0 <= a + b;", "sum0 <= a + b;\n    if (enable) begin")
    assert set(failures(run(tmp_path, running))) == {"random_stalls"}


def test_a_reset_that_leaves_samples_behind(tmp_path: Path) -> None:
    found = failures(run(tmp_path, ("if (rst) valid <= 0;\n    else if", "if")))
    assert set(found) == {"reset_in_the_middle"}
    assert "no sample asked for" in found["reset_in_the_middle"]


def test_results_that_never_come(tmp_path: Path) -> None:
    found = failures(run(tmp_path, ("{valid[0], i__valid}", "0")))
    assert "0 results of 20 samples, then nothing" in found["back_to_back"]


def test_benches_that_cannot_run(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="verilator ended with 1"):
        run(tmp_path, ("module adder", "module other"))


def test_a_network_of_images_passes_all(tmp_path: Path) -> None:
    network = image_network(5)
    sidecar = write(network, make_plan(network, family="ecp5"), tmp_path)
    save(network, tmp_path / "images.spn")
    spn, verilog, described = (tmp_path / f"images.{suffix}" for suffix in ("spn", "v", "json"))
    benches = run_stream_benches(spn, verilog, described, sidecar, samples=10)
    assert failures(benches) == {}
