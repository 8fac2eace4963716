"""Verilog and the C++ harness compiled to a program, once."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

from mulbudget.sim import cache
from mulbudget.sim.tools import Tool, find

# Amaranth's Verilog is full of these, and none of them says that a value is wrong.
_QUIET = (
    *("WIDTHEXPAND", "WIDTHTRUNC", "UNSIGNED", "CMPCONST", "CASEINCOMPLETE", "CASEOVERLAP"),
    *("TIMESCALEMOD", "PINMISSING", "ASCRANGE", "COMBDLY"),
)
_VERILATOR = (
    *("--cc", "--prefix", "Vmodel", "--no-timing"),
    *("--output-split", "10000", "--output-split-cfuncs", "1000"),
    *(f"-Wno-{each}" for each in _QUIET),
)

# Optimizing would cost far more time than it saves: 8,000 adders compile in 10 s of processor time
# and simulate 10,000 samples in 1.3 s; -Og takes 17 s and 0.2 s.
_CXX = (
    *("-std=gnu++17", "-O0"),
    *("-DVL_TIME_CONTEXT", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TRACE=0"),
)
_RUNTIME = ("verilated", "verilated_threads")
_SMALL = 200_000  # bytes of C++ that are not worth a second compiler process

PROGRAM = "simulator"


def program(sources: Sequence[Path], wrapper: str, top: str, flags: Sequence[str] = ()) -> Path:
    """The simulator of module `top`, from the cache or made now.

    Parameters
    ----------
    sources : sequence of Path
        Verilog files.
    wrapper : str
        The Verilog of `top`, which instantiates what the files hold.
    top : str
    flags : sequence of str
        More of Verilator's.

    Raises
    ------
    UserError
        When Verilator, Perl or the C++ compiler is missing.
    ToolError
        When Verilator or the compiler finds an error.
    """
    verilator, compiler = find("verilator"), find("g++")
    harness = resources.files("mulbudget.sim").joinpath("harness.cpp").read_text()
    options = (*_VERILATOR, *flags, "--top-module", top)
    name = "simulator-" + cache.key(
        [
            *(verilator.identity, compiler.identity),
            *("\0".join((*options, *_CXX)), harness, wrapper),
            *(path.read_bytes() for path in sources),
        ]
    )

    def make(folder: Path) -> None:
        runtime = _runtime(verilator, compiler)
        (folder / "wrapper.v").write_text(wrapper)
        (folder / "harness.cpp").write_text(harness)
        files = [str(path.resolve()) for path in sources]
        verilator.run(*options, "--Mdir", "model", "wrapper.v", *files, folder=folder)
        objects = _compile(verilator, compiler, folder)
        compiler.run(*objects, *runtime, "-pthread", "-o", PROGRAM, folder=folder)
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir():
                path.rmdir()
            elif path.name != PROGRAM:
                path.unlink()

    return cache.entry(name, make) / PROGRAM


def _runtime(verilator: Tool, compiler: Tool) -> list[Path]:
    """Verilator's own library, which is the same for every model."""
    name = "verilated-" + cache.key([verilator.identity, compiler.identity, *_CXX])
    include = _include(verilator)

    def make(folder: Path) -> None:
        def compile_one(unit: str) -> None:
            compiler.run(
                *(*_CXX, f"-I{include}", f"-I{include / 'vltstd'}"),
                *("-c", include / f"{unit}.cpp", "-o", f"{unit}.o"),
                folder=folder,
            )

        with ThreadPoolExecutor(_processors()) as pool:
            list(pool.map(compile_one, _RUNTIME))

    entry = cache.entry(name, make)
    return [entry / f"{unit}.o" for unit in _RUNTIME]


def _compile(verilator: Tool, compiler: Tool, folder: Path) -> list[str]:
    """Object files of the model and the harness, by as many compilers as there are processors."""
    include = _include(verilator)
    model = sorted((folder / "model").glob("*.cpp"))
    small = sum(path.stat().st_size for path in model) < _SMALL
    units = _shares([*model, folder / "harness.cpp"], 1 if small else _processors())

    def compile_one(job: tuple[int, list[Path]]) -> str:
        index, paths = job
        unit = folder / f"unit{index}.cpp"
        unit.write_text("".join(f'#include "{path}"\n' for path in paths))
        compiler.run(
            *(*_CXX, f"-I{folder / 'model'}", f"-I{include}", f"-I{include / 'vltstd'}"),
            *("-c", unit, "-o", f"unit{index}.o"),
            folder=folder,
        )
        return f"unit{index}.o"

    with ThreadPoolExecutor(_processors()) as pool:
        return list(pool.map(compile_one, enumerate(units)))


def _shares(paths: Sequence[Path], count: int) -> list[list[Path]]:
    """`paths` in at most `count` groups of about the same size."""
    groups: list[list[Path]] = [[] for _ in range(max(min(count, len(paths)), 1))]
    sizes = [0] * len(groups)
    for path in sorted(paths, key=lambda path: -path.stat().st_size):
        smallest = sizes.index(min(sizes))
        groups[smallest].append(path)
        sizes[smallest] += path.stat().st_size
    return groups


def _include(verilator: Tool) -> Path:
    root = verilator.environment.get("VERILATOR_ROOT") or verilator.run(
        "--getenv", "VERILATOR_ROOT", folder="."
    )
    return Path(root.strip()) / "include"


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
