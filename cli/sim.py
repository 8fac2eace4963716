"""`mulbudget sim`: prove that the hardware gives the network's own integers."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from mulbudget.cli.clock import CLOCK_HELP
from mulbudget.cli.console import bar, complain, console, table
from mulbudget.cli.planned import BOARD_HELP, LEVELS_HELP, planned, tell_styles
from mulbudget.cli.proof import Kind, Proof, write_proof
from mulbudget.cli.verilog import STYLE_HELP
from mulbudget.spn import ArgMax, Bilinear, Network, UserError, digest, load

if TYPE_CHECKING:
    from mulbudget.hw.plan import Plan
    from mulbudget.hw.sidecar import Sidecar
    from mulbudget.sim.batch import BatchSimulator
    from mulbudget.sim.compare import Comparison

RANDOM_SAMPLES = 1000
GATE_LEVEL_SAMPLES = 64
BENCH_SAMPLES = 64
BENCH_CLOCKS = 1 << 16
"""That the samples of a bench may take; fewer of them where a sample takes long."""


@dataclass(frozen=True)
class Samples:
    """What goes through the hardware; `labels` where they are known."""

    title: str
    kind: Kind
    x: npt.NDArray[np.int64]
    labels: npt.NDArray[np.integer] | None = None


@dataclass(frozen=True)
class Files:
    """The network's file, and what was generated from it."""

    spn: Path
    folder: Path
    sidecar: "Sidecar"

    @property
    def verilog(self) -> Path:
        """NAME.v."""
        return self.folder / f"{self.sidecar.name}.v"


def sim(
    file: Annotated[Path, typer.Argument(help="A .spn file.", show_default=False)],
    dsp: Annotated[
        int | None,
        typer.Option(help="Hardware multipliers of the whole network, at most; all by default."),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="At most so many; by default the whole test set, or 1000 random inputs, and 64 "
            "where the netlist is simulated. Products of matrices of up to 18 entries are also "
            "given every pair of extreme ones, larger cores the extreme operands of each product.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of random inputs and stalls.")] = 0,
    family: Annotated[
        str | None,
        typer.Option(help="Use this device family's multipliers; portable Verilog by default."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the recipe's data set.", envvar="MULBUDGET_DATA"),
    ] = None,
    stalls: Annotated[
        float,
        typer.Option(min=0, max=0.95, help="Probability that a stream pauses for a clock."),
    ] = 0.0,
    gate_level: Annotated[
        bool, typer.Option("--gate-level", help="Simulate the netlist that synthesis makes.")
    ] = False,
    benches: Annotated[
        bool, typer.Option("--benches", help="Run the cocotb benches of the streams, too.")
    ] = False,
    board: Annotated[str | None, typer.Option(help=BOARD_HELP)] = None,
    clock: Annotated[float | None, typer.Option(help=CLOCK_HELP)] = None,
    levels_per_stage: Annotated[int | None, typer.Option(help=LEVELS_HELP)] = None,
    style: Annotated[list[str] | None, typer.Option(help=STYLE_HELP)] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="A JSON file to keep the outcome in, for `mulbudget summary`."),
    ] = None,
) -> None:
    """Compare the hardware with the network, bit for bit, on its test set or on random inputs.

    Products of matrices are compared with the integer product.

    Exits with 1 and the first difference when they disagree.

    Keeps what it compiles in ~/.cache/mulbudget, or in MULBUDGET_CACHE.
    """
    network = load(file)
    if gate_level and family is None and board is None:
        raise UserError(
            "a netlist is of a device family's cells: choose one with --family or --board"
        )
    most = GATE_LEVEL_SAMPLES if gate_level and samples is None else samples
    chosen = _samples(network, data, most, seed, corners=not gate_level)
    printer = console()
    printer.print(chosen.title, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="mulbudget-") as temporary, _progress() as progress:
        with _step(progress, "generating Verilog"):
            plan = planned(
                network,
                board=board,
                clock=clock,
                family=family,
                dsp=dsp,
                levels_per_stage=levels_per_stage,
                style=style or [],
            )
            tell_styles(printer, plan)
            files = _generate(network, file, Path(temporary), plan)
        with _step(progress, "compiling the simulator"):
            simulator = _simulator(files, _family(plan) if gate_level else None, len(chosen.x))
        comparison = _compare(network, simulator, chosen, stalls, seed, progress)
        failures = _benches(files, seed, progress, printer) if benches and comparison else 0
    passed = comparison is not None and comparison.passed and not failures
    if report is not None:
        proof = Proof(
            network=digest(network),
            hardware="netlist" if gate_level else "RTL",
            samples=chosen.kind,
            exact=0 if comparison is None else comparison.exact,
            total=len(chosen.x),
            passed=passed,
        )
        write_proof(report, proof)
    if comparison is not None:
        _print_outcome(printer, files.sidecar, chosen, comparison, timed=not stalls)
    if not passed:
        raise typer.Exit(1)


def _print_outcome(
    printer: Console,
    sidecar: "Sidecar",
    samples: Samples,
    comparison: "Comparison",
    *,
    timed: bool,
) -> None:
    printer.print(_table(sidecar, samples, comparison, timed=timed))
    for sentence in comparison.timing:
        complain(f"the hardware is wrong: {sentence}")
    if comparison.difference is not None:
        complain(f"first difference: {comparison.difference}")
    printer.print(str(comparison))


def _samples(
    network: Network, data: Path | None, most: int | None, seed: int, *, corners: bool
) -> Samples:
    """The test set where the network is of a recipe and its data are at hand, else random inputs.

    Of a product of matrices also the `corners` of what it takes.

    Raises
    ------
    UserError
        When the recipe's data are damaged, or `data` is given and does not hold them.
    """
    if isinstance(network.nodes[0].operator, Bilinear):
        return _pairs(network, most or RANDOM_SAMPLES, seed, corners=corners)
    from mulbudget.sim.inputs import random_inputs
    from mulbudget.train.data import NotAtHandError, test_set
    from mulbudget.train.recipes import RECIPES

    recipe = network.provenance.get("recipe")
    try:
        x, labels = test_set(network.provenance, data)
    except NotAtHandError as error:
        if data is not None and recipe in list(RECIPES):
            raise
        count = most or RANDOM_SAMPLES
        return Samples(
            f"{count:,} random inputs over the whole input range, seed {seed} ({error})",
            "random inputs",
            random_inputs(network.input, count, seed),
        )
    whole = most is None or most >= len(x)
    kind: Kind = "test set" if whole else "first samples of the test set"
    x, labels = x[:most], labels[:most]
    return Samples(f"the {kind} of recipe {recipe}: {len(x):,} samples", kind, x, labels)


def _pairs(network: Network, count: int, seed: int, *, corners: bool) -> Samples:
    """Random pairs of matrices, and before them what takes entries or operands to their ends."""
    from mulbudget.sim.inputs import extreme_pairs, random_inputs

    x = random_inputs(network.input, count, seed)
    title = f"{count:,} random pairs of matrices, seed {seed}"
    product = network.nodes[0].operator
    if not corners or not isinstance(product, Bilinear):
        return Samples(title, "random inputs", x)
    what, extreme = extreme_pairs(product, network.input)
    if len(extreme):
        title = f"{what}, and {title}"
    return Samples(title, "random inputs", np.concatenate([extreme, x]))


def _generate(network: Network, file: Path, folder: Path, plan: "Plan") -> Files:
    from mulbudget.hw.verilog import write

    return Files(file, folder, write(network, plan, folder))


def _family(plan: "Plan") -> str:
    """Whose cells a netlist is made of."""
    if plan.family is None:
        raise UserError("a netlist is of an open family's cells: choose another board")
    return plan.family.name


def _simulator(files: Files, netlist_of: str | None, samples: int) -> "BatchSimulator":
    if netlist_of is not None:
        from mulbudget.sim.gate import gate_level_simulator

        return gate_level_simulator(files.verilog, files.sidecar, netlist_of, samples=samples)
    from mulbudget.sim.batch import BatchSimulator

    return BatchSimulator(files.verilog, files.sidecar, samples=samples)


def _compare(
    network: Network,
    simulator: "BatchSimulator",
    samples: Samples,
    stalls: float,
    seed: int,
    progress: Progress,
) -> "Comparison | None":
    """What came out; None, with a complaint, where the hardware breaks the rules of streams."""
    from mulbudget.sim.compare import compare
    from mulbudget.sim.result import SimulationError

    task = progress.add_task("simulating", total=len(samples.x))
    try:
        return compare(
            network,
            simulator,
            samples.x,
            stalls=stalls,
            seed=seed,
            progress=lambda done: progress.update(task, completed=done),
        )
    except SimulationError as error:
        progress.stop()
        complain(f"the hardware is wrong: {error}")
        return None


def _benches(files: Files, seed: int, progress: Progress, printer: Console) -> int:
    """Run the cocotb benches, print a table, and count those that failed."""
    from mulbudget.sim.benches import run_stream_benches

    with _step(progress, "running the cocotb benches"):
        results = run_stream_benches(
            files.spn,
            files.verilog,
            files.folder / f"{files.sidecar.name}.json",
            files.sidecar,
            samples=min(BENCH_SAMPLES, max(8, BENCH_CLOCKS // files.sidecar.interval)),
            seed=seed,
        )
    rows = [[bench.name, bench.failure or "passed"] for bench in results]
    printer.print(table("cocotb benches", ("bench", "result"), rows, text=("bench", "result")))
    return sum(bench.failure is not None for bench in results)


def _table(sidecar: "Sidecar", samples: Samples, comparison: "Comparison", *, timed: bool) -> Table:
    """What was promised and what was measured; with stalls, no timing is promised."""
    result = comparison.result
    rows = [
        ["samples", len(samples.x), len(result.y)],
        ["clocks", None, result.clocks],
        ["latency [clocks]", sidecar.latency if timed else None, result.latency],
        ["interval [clocks]", sidecar.interval if timed else None, result.interval],
    ]
    decides = any(layer.operator == ArgMax.kind for layer in sidecar.layers)
    if samples.labels is not None and decides:
        accuracy = float((result.y[:, 0] == samples.labels).mean())
        rows.append(["accuracy", None, f"{accuracy:.2%}"])
    return table(
        f"hardware of network {sidecar.name}", ("", "expected", "measured"), rows, text=("",)
    )


def _progress() -> Progress:
    return bar(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())


@contextmanager
def _step(progress: Progress, what: str) -> Iterator[None]:
    """Show work of unknown length."""
    task = progress.add_task(what, total=None)
    yield
    progress.update(task, total=1, completed=1)
