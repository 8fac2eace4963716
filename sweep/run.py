"""A sweep, from what is left of its grid to its front."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from mulbudget.spn import UserError
from mulbudget.spn.files import make_folder, write_whole
from mulbudget.sweep.front import Point, points, points_csv, runs_csv
from mulbudget.sweep.grid import Job
from mulbudget.sweep.local import run_here
from mulbudget.sweep.picture import picture
from mulbudget.sweep.ray_engine import run_on_ray
from mulbudget.sweep.results import (
    CHECKPOINT,
    FILES,
    DamagedError,
    Result,
    read_result,
    stored_results,
    trained_network,
    write_result,
)
from mulbudget.sweep.work import Done, Event


@dataclass
class Remaining:
    """What a folder has of a grid, and what it lacks.

    Parameters
    ----------
    done : dict
        Results that need no work, by the name of their run.
    to_train, to_plan : list of Job
        Those to plan are trained already, for another board perhaps.
    notes : list of str
        A sentence for each run that is done again although it has files.
    """

    done: dict[str, Result] = field(default_factory=dict)
    to_train: list[Job] = field(default_factory=list)
    to_plan: list[Job] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def remaining(jobs: Sequence[Job]) -> Remaining:
    """Look through the folders of a grid.

    Raises
    ------
    UserError
        When one of them is of a run with other settings.
    """
    found = Remaining()
    for job in jobs:
        try:
            network = trained_network(job)
        except DamagedError as error:
            found.notes.append(f"{error}: it is trained again")
            network = None
        if network is None:
            found.to_train.append(job)
            continue
        try:
            result = read_result(job.folder, job.board)
        except UserError as error:
            found.notes.append(f"{error}: it is planned again")
            result = None
        if result is None:
            found.to_plan.append(job)
        else:
            found.done[job.name] = result
    return found


def do(
    left: Remaining, *, processes: int, address: str | None = None
) -> Generator[tuple[Job, Event]]:
    """Do what remains; a result is stored before it is told of.

    Parameters
    ----------
    left : Remaining
    processes : int
        Side by side on this machine.
    address : str, optional
        Of the Ray cluster that trains instead; what is trained already is planned here.
    """
    plans = run_here(left.to_plan, processes)
    if address is None:
        trainings = run_here(left.to_train, processes)
    else:
        trainings = run_on_ray(left.to_train, address)
    with closing(plans), closing(trainings):
        for job, event in chain(plans, trainings):
            if isinstance(event, Done):
                _store(job, event)
            yield job, event


def _store(job: Job, done: Done) -> None:
    if done.files is not None:
        folder = make_folder(job.folder)
        for name in FILES:
            write_whole(folder / name, done.files[name])
        (folder / CHECKPOINT).unlink(missing_ok=True)
    write_result(job.folder, done.result)


@dataclass(frozen=True)
class Outcome:
    """What a folder holds for a board; `left_out` are sentences about results that are damaged."""

    points: list[Point]
    left_out: list[str]


def draw(out: Path, recipe: str, board: str) -> Outcome:
    """Write sweep.svg, sweep.csv and runs.csv of all results in a folder for a board.

    Results of earlier commands count, too. The same results give the same bytes.
    """
    results: list[Result] = []
    left_out: list[str] = []
    for folder, found in stored_results(out, board):
        if isinstance(found, UserError):
            left_out.append(f"{found}: it is left out")
        elif found.recipe != recipe:
            left_out.append(f"{folder} is of recipe {found.recipe}: it is left out")
        else:
            results.append(found)
    placed = points(results)
    if placed:
        write_whole(out / "runs.csv", runs_csv(results))
        write_whole(out / "sweep.csv", points_csv(placed))
        write_whole(out / "sweep.svg", picture(placed, _title(placed, recipe, board)))
    return Outcome(placed, left_out)


def _title(placed: Sequence[Point], recipe: str, board: str) -> str:
    counts = {len(point.results) for point in placed}
    if counts == {1}:
        return f"{recipe} on {board}"
    runs = " to ".join(map(str, sorted({min(counts), max(counts)})))
    return f"{recipe} on {board}: medians and ranges of {runs} seeds"
