"""`mulbudget sweep`: what accuracy costs on a board, over a grid of budgets and seeds."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from mulbudget.cli.console import complain, console, counted, table
from mulbudget.cli.train import INTERRUPTED, Assignments, DataFolder, Device
from mulbudget.spn import UserError
from mulbudget.train.recipes import RECIPES

if TYPE_CHECKING:
    from mulbudget.sweep.front import Place, Point
    from mulbudget.sweep.grid import Job


def sweep(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help=f"One of {', '.join(RECIPES)}.")],
    budgets: Annotated[
        str,
        typer.Option(
            metavar="M1,M2,…", help="Multiplication budgets, as for `train --multipliers`."
        ),
    ],
    board: Annotated[str, typer.Option(help="A board of `mulbudget boards`.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder of the sweep.", show_default=False)],
    seeds: Annotated[int, typer.Option(help="So many of each budget, from 0 on.")] = 1,
    jobs: Annotated[
        int | None,
        typer.Option(
            help="Runs side by side; by default as many as this machine has processors for.",
            show_default=False,
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            help="Of a Ray cluster that trains instead of this machine: auto, HOST:PORT or "
            "ray://HOST:PORT."
        ),
    ] = None,
    data: DataFolder = None,
    device: Device = "cpu",
    assignments: Assignments = None,
) -> None:
    """Train a recipe at several budgets, plan each network for a board, and draw the front.

    OUT/BUDGET-SEED is what `train RECIPE --multipliers BUDGET --seed SEED` gives. Results are
    stored as they come: after Ctrl-C the same command does what is missing, and more budgets or
    seeds, or another board, only what is new. OUT/sweep.svg and sweep.csv have the front.
    """
    # Amaranth and scipy are slow to import, and other verbs do without.
    from mulbudget.sweep.folder import claimed, describe
    from mulbudget.sweep.grid import check_board, check_device, make_grid, parse_budgets, recipes_of
    from mulbudget.sweep.ray_engine import check_ray

    target, data_dir = check_board(board), None if data is None else data.absolute()
    if address is not None:
        check_ray(address)
    _check_jobs(jobs, address)
    check_device(device)
    recipes = recipes_of(recipe, assignments or [], parse_budgets(budgets), data_dir)
    grid = make_grid(recipes, seeds, out, board=target, device=device, data_dir=data_dir)
    description = describe(grid[0].recipe, assignments or [], device, target.name)
    with claimed(out, description):
        failed = _run(grid, jobs, address, out)
        _show(out, recipe, target.name)
    if failed:
        sentences = "".join(f"\n  {sentence}" for sentence in failed)
        raise UserError(f"{counted(len(failed), 'run')} failed:{sentences}")


def _check_jobs(jobs: int | None, address: str | None) -> None:
    if jobs is not None and address is not None:
        raise UserError(
            f"--jobs {jobs} is for this machine, and with --address Ray counts the processors of "
            "its own: leave one of the two out"
        )
    if jobs is not None and jobs < 1:
        raise UserError(f"--jobs {jobs} leaves nothing to work with: use 1 or more")


def _run(grid: list["Job"], jobs: int | None, address: str | None, out: Path) -> list[str]:
    """Do what remains of a grid, and give a sentence for each run that failed."""
    from mulbudget.cli.grid import Display
    from mulbudget.sweep.local import processes_by_default
    from mulbudget.sweep.run import do, remaining
    from mulbudget.sweep.work import Failed

    left, failed = remaining(grid), []
    processes = jobs or min(map(processes_by_default, grid))
    with Display(grid, left.done) as display:
        for note in left.notes:
            display.say(note)
        try:
            with closing(do(left, processes=processes, address=address)) as events:
                for job, event in events:
                    display.show(job, event)
                    if isinstance(event, Failed):
                        failed.append(f"{job.name}: {event.text}")
        except KeyboardInterrupt as interrupt:
            display.close()
            complain(
                f"interrupted: {out} has {display.done} of {counted(len(grid), 'run')}, and the "
                "same command continues with the others"
            )
            raise typer.Exit(INTERRUPTED) from interrupt
    return failed


def _show(out: Path, recipe: str, board: str) -> None:
    from mulbudget.sweep.run import draw

    outcome, printer = draw(out, recipe, board), console()
    for sentence in outcome.left_out:
        complain(sentence)
    if outcome.points:
        printer.print(_table(outcome.points, recipe, board))
        printer.print(f"written to {out / 'sweep.svg'}, sweep.csv and runs.csv", soft_wrap=True)


COLUMNS = (
    "budget",
    "runs",
    "accuracy",
    "of seeds",
    "LUTs",
    "multipli-\ncations",
    "hardware\nmultipliers",
    "samples\nper second",
)


def _table(points: list["Point"], recipe: str, board: str) -> Table:
    from mulbudget.sweep.front import COSTS, fronts

    on = fronts(points)
    rows = [
        [
            point.budget,
            _runs(point),
            f"{point.accuracy.median:.2%}",
            f"{point.accuracy.low:.2%} to {point.accuracy.high:.2%}",
            *(_marked(cost.place(point), cost in on[point.budget]) for cost in COSTS),
        ]
        for point in points
    ]
    title = f"{recipe} on {board}: medians; * no other budget beats it in accuracy and in this"
    return table(title, COLUMNS, rows)


def _runs(point: "Point") -> str:
    runs = len(point.results)
    return str(runs) if point.fitting == runs else f"{runs}, {point.fitting} fit"


def _marked(place: "Place | None", best: bool) -> str:
    return "-" if place is None else f"{'* ' if best else ''}{place.cost.median:,.0f}"
