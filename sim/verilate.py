"""Verilog and a C++ main program compiled to a simulator, once."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mulbudget.sim import cache
from mulbudget.sim.tools import Tool, find

# Amaranth's Verilog is full of these, and none of them says that a value is wrong.
_QUIET = (
    *("WIDTHEXPAND", "WIDTHTRUNC", "UNSIGNED", "CMPCONST", "CASEINCOMPLETE", "CASEOVERLAP"),
    *("TIMESCALEMOD", "PINMISSING", "ASCRANGE", "COMBDLY"),
)
_VERILATOR = (
    *("--cc", "--no-timing", "--output-split", "10000", "--output-split-cfuncs", "1000"),
    *(f"-Wno-{each}" for each in _QUIET),
)

_CXX = ("-std=gnu++17", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TRACE=0")
# 8,000 adders compile in 10 s of processor time and simulate 10,000 clocks in 1.3 s; optimized they
# take 17 s and 0.2 s, which is worth it from here on, whatever the number of adders.
_MANY = 64_000  # clocks
_SMALL = 200_000  # bytes of C++ that are not worth a second compiler process

_PROGRAM = "simulator"


@dataclass(frozen=True, kw_only=True)
class Main:
    """The C++ around a model.

    Parameters
    ----------
    source : str
        C++ with `main`; includes the model's header.
    prefix : str
        Of the model: its header is PREFIX.h and its class PREFIX.
    flags : tuple of str
        Of Verilator's, that it needs.
    runtime : tuple of str
        The parts of Verilator's library that it links.
    link : tuple of str
        Arguments of the linker.
    """

    source: str
    prefix: str
    flags: tuple[str, ...] = ()
    runtime: tuple[str, ...] = ("verilated", "verilated_threads")
    link: tuple[str, ...] = ()


def simulator(
    main: Main,
    top: str,
    sources: Sequence[Path],
    texts: Mapping[str, str],
    flags: Sequence[str] = (),
    clocks: int = 0,
) -> Path:
    """The program that simulates module `top`, from the cache or made now.

    Parameters
    ----------
    main : Main
    top : str
    sources : sequence of Path
        Verilog files.
    texts : mapping
        More of them, by file name: Verilog, or a Verilator configuration (.vlt).
    flags : sequence of str
        More of Verilator's.
    clocks : int
        How many will be simulated, about: many are worth a longer compilation.

    Raises
    ------
    UserError
        When Verilator, Perl or the C++ compiler is missing.
    ToolError
        When Verilator or the compiler finds an error.
    """
    verilator, compiler = find("verilator"), find("g++")
    options = (*_VERILATOR, *main.flags, *flags, "--prefix", main.prefix, "--top-module", top)
    cxx = (*_CXX, "-Og" if clocks >= _MANY else "-O0")
    name = "simulator-" + cache.key(
        [
            *(verilator.identity, compiler.identity, main.source),
            *("\0".join(part) for part in (options, cxx, main.link, texts, texts.values())),
            *(path.read_bytes() for path in sources),
        ]
    )

    def make(folder: Path) -> None:
        runtime = _runtime(verilator, compiler, main.runtime)
        for file, text in {**texts, "main.cpp": main.source}.items():
            (folder / file).write_text(text)
        files = [str(path.resolve()) for path in sources]
        verilator.run(*options, "--Mdir", "model", *texts, *files, folder=folder)
        objects = _compile(verilator, compiler, cxx, folder)
        compiler.run(*objects, *runtime, *main.link, "-pthread", "-o", _PROGRAM, folder=folder)
        _keep_only(folder / _PROGRAM)

    return cache.entry(name, make) / _PROGRAM


def _runtime(verilator: Tool, compiler: Tool, units: Sequence[str]) -> list[Path]:
    """Verilator's own library, which is the same for every model."""
    flags = (*_CXX, "-O0", *_include_flags(verilator))

    def compiled(unit: str) -> Path:
        def make(folder: Path) -> None:
            source = _include(verilator) / f"{unit}.cpp"
            compiler.run(*flags, "-c", source, "-o", f"{unit}.o", folder=folder)

        name = f"{unit}-" + cache.key([verilator.identity, compiler.identity, *flags])
        return cache.entry(name, make) / f"{unit}.o"

    with ThreadPoolExecutor(_processors()) as pool:
        return list(pool.map(compiled, units))


def _compile(verilator: Tool, compiler: Tool, cxx: Sequence[str], folder: Path) -> list[str]:
    """Object files of the model and `main`, by as many compilers as there are processors."""
    flags = (*cxx, f"-I{folder / 'model'}", *_include_flags(verilator))
    model = sorted((folder / "model").glob("*.cpp"))
    small = sum(path.stat().st_size for path in model) < _SMALL
    units = _shares([*model, folder / "main.cpp"], 1 if small else _processors())

    def compiled(job: tuple[int, list[Path]]) -> str:
        index, paths = job
        unit = folder / f"unit{index}.cpp"
        unit.write_text("".join(f'#include "{path}"\n' for path in paths))
        compiler.run(*flags, "-c", unit, "-o", f"unit{index}.o", folder=folder)
        return f"unit{index}.o"

    with ThreadPoolExecutor(_processors()) as pool:
        return list(pool.map(compiled, enumerate(units)))


def _shares(paths: Sequence[Path], count: int) -> list[list[Path]]:
    """`paths` in at most `count` groups of about the same size."""
    groups: list[list[Path]] = [[] for _ in range(min(count, len(paths)))]
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


def _include_flags(verilator: Tool) -> tuple[str, str]:
    include = _include(verilator)
    return f"-I{include}", f"-I{include / 'vltstd'}"


def _keep_only(kept: Path) -> None:
    """Remove everything else from the folder of `kept`."""
    for path in sorted(kept.parent.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        elif path != kept:
            path.unlink()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
