"""Runs cocotb benches with Verilator."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import cocotb_tools.config
import find_libpython

from mulbudget.hw.sidecar import Sidecar
from mulbudget.sim.batch import primitive_models
from mulbudget.sim.tools import Tool, ToolError
from mulbudget.sim.verilate import Main, simulator
from mulbudget.spn import UserError

STREAMS = "mulbudget.sim.bench.streams"

_SIGNALS = ("payload", "valid", "ready")


@dataclass(frozen=True)
class Bench:
    """How one bench ended; `failure` is None when it passed, else what went wrong."""

    name: str
    failure: str | None


def run_stream_benches(
    spn: Path,
    verilog: Path,
    sidecar_file: Path,
    sidecar: Sidecar,
    *,
    samples: int = 64,
    seed: int = 0,
) -> list[Bench]:
    """Run the benches of `mulbudget.sim.bench.streams` on generated Verilog.

    Parameters
    ----------
    spn, verilog, sidecar_file : Path
        The network, its Verilog, and the sidecar that goes with it.
    sidecar : Sidecar
        What `sidecar_file` holds.
    samples : int
        Of each bench that runs many.
    seed : int
        Of the samples and the stalls.

    Raises
    ------
    UserError
        When a tool is missing.
    ToolError
        When the Verilog does not compile or the simulator crashes.
    """
    return run_cocotb(
        STREAMS,
        sidecar.name,
        [verilog, *primitive_models([sidecar])],
        _ports(sidecar),
        environment={
            "MULBUDGET_SPN": str(spn.resolve()),
            "MULBUDGET_SIDECAR": str(sidecar_file.resolve()),
            "MULBUDGET_SAMPLES": str(samples),
            "MULBUDGET_SEED": str(seed),
        },
    )


def run_cocotb(
    module: str,
    top: str,
    sources: Sequence[Path],
    ports: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    flags: Sequence[str] = (),
) -> list[Bench]:
    """Run the cocotb tests of a Python module on Verilog.

    Parameters
    ----------
    module : str
        Its name; it can be imported.
    top : str
        The Verilog module under test.
    sources : sequence of Path
    ports : sequence of str
        The signals of `top` that the tests touch. Nothing else is visible, which is what makes it
        fast.
    environment : mapping, optional
        Variables for the tests.
    flags : sequence of str
        More of Verilator's.

    Raises
    ------
    UserError
        When a tool or Python's shared library is missing.
    ToolError
        When the Verilog does not compile or the simulator crashes.
    """
    visible = [f'public_flat_rw -module "{top}" -var "{port}"' for port in ports]
    config = "\n".join(["`verilator_config", *visible, ""])
    program = simulator(_main(), top, sources, {"ports.vlt": config}, flags)
    with tempfile.TemporaryDirectory(prefix="mulbudget-") as folder:
        results = Path(folder) / "results.xml"
        variables = {**_environment(module, top, results), **(environment or {})}
        output = Tool("the simulator", (str(program),), variables).run(folder=folder)
        if not results.is_file():
            raise ToolError("the cocotb benches did not run", output)
        return _outcomes(results)


def _ports(sidecar: Sidecar) -> list[str]:
    return [
        *("clk", "rst"),
        *(f"{stream.name}__{signal}" for stream in sidecar.streams for signal in _SIGNALS),
    ]


def _main() -> Main:
    share, libraries = Path(cocotb_tools.config.share_dir), Path(cocotb_tools.config.libs_dir)
    return Main(
        source=(share / "lib" / "verilator" / "verilator.cpp").read_text(),
        prefix="Vtop",
        flags=("--vpi", "--timescale", "1ns/1ps"),
        runtime=("verilated", "verilated_threads", "verilated_vpi"),
        link=(f"-Wl,-rpath,{libraries}", f"-L{libraries}", "-lcocotbvpi_verilator"),
    )


def _environment(module: str, top: str, results: Path) -> dict[str, str]:
    library = find_libpython.find_libpython()
    if library is None:
        name = f"libpython{sys.version_info.major}.{sys.version_info.minor}"
        raise UserError(
            "the cocotb benches need Python as a shared library, and there is none: install it "
            f"(Debian and Ubuntu: apt install {name})"
        )
    return {
        **os.environ,
        "GPI_USERS": f"{library};{cocotb_tools.config.pygpi_entry_point()}",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "COCOTB_TEST_MODULES": module,
        "COCOTB_TOPLEVEL": top,
        "COCOTB_RESULTS_FILE": str(results),
        "COCOTB_TRUST_INERTIAL_WRITES": "1",
        "COCOTB_ANSI_OUTPUT": "0",
        "TOPLEVEL_LANG": "verilog",
    }


def _outcomes(results: Path) -> list[Bench]:
    cases = ElementTree.parse(results).getroot().iter("testcase")
    return [Bench(case.get("name", ""), _failure(case)) for case in cases]


def _failure(case: ElementTree.Element) -> str | None:
    for kind in ("failure", "error"):
        found = case.find(kind)
        if found is not None:
            return found.get("message") or found.get("error_msg") or (found.text or kind).strip()
    return None
