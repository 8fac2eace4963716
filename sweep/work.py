"""One run: train, then plan; what it tells while it goes on, and what it gives."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass

from mulbudget.boards.catalogue import Board, find_board
from mulbudget.boards.planning import plan_board
from mulbudget.spn import Network, UserError, digest, network_counts
from mulbudget.sweep.grid import Job
from mulbudget.sweep.results import DamagedError, Fit, Result, trained_network


@dataclass(frozen=True)
class Progress:
    """After so many epochs of a stage, or planning; accuracy on the test set, where known."""

    stage: str
    epoch: int
    epochs: int
    accuracy: float | None


@dataclass(frozen=True)
class Note:
    """A sentence for the user."""

    text: str


@dataclass(frozen=True)
class Done:
    """The end of a run; `files` is what it wrote, where that was on another machine."""

    result: Result
    files: dict[str, bytes] | None = None


@dataclass(frozen=True)
class Failed:
    """A run that ended with a sentence instead."""

    text: str


Event = Progress | Note | Done | Failed
Tell = Callable[[Progress | Note], None]


def perform(job: Job, tell: Tell) -> Result:
    """Train the network of a job where that is still to be done, and plan it for its board.

    Raises
    ------
    UserError
        When training is not possible.
    KeyboardInterrupt
        As `train` does.
    """
    try:
        network = trained_network(job)
    except DamagedError as error:
        tell(Note(f"{error}: it is trained again"))
        network = None
    if network is None:
        network = _trained(job, tell)
    tell(Progress("planning", 0, 1, None))
    return planned(job, network)


def outcome(job: Job, tell: Tell) -> Done | Failed | str:
    """What `perform` comes to; a traceback where that is a bug, for whoever is to show it."""
    try:
        return Done(perform(job, tell))
    except UserError as error:
        return Failed(str(error))
    except Exception:  # noqa: BLE001 - shown where the user is
        return traceback.format_exc()


def _trained(job: Job, tell: Tell) -> Network:
    # PyTorch takes seconds to import, and a run that is only planned does without.
    from mulbudget.train.run import train

    def watch(stage: str, epoch: int, epochs: int, accuracy: float | None) -> None:
        tell(Progress(stage, epoch, epochs, accuracy))

    return train(
        job.recipe,
        job.folder,
        seed=job.seed,
        multipliers=job.budget,
        device=job.device,
        data_dir=job.data_dir,
        watch=watch,
        say=lambda text: tell(Note(text)),
    ).network


def planned(job: Job, network: Network) -> Result:
    """The result of a run whose network is there: as fast as fits on its board."""
    board, fit, reason = find_board(job.board), None, None
    try:
        fit = _fit(network, board)
    except UserError as error:
        reason = str(error)
    return Result(
        format="mulbudget-sweep-run",
        version=1,
        recipe=job.recipe.name,
        budget=job.budget,
        seed=job.seed,
        network=digest(network),
        accuracy=network.provenance["test_accuracy"],
        multiplications=network_counts(network).multiplications,
        board=board.name,
        fit=fit,
        reason=reason,
    )


def _fit(network: Network, board: Board) -> Fit:
    choice = plan_board(network, board)
    need = choice.total
    return Fit(
        lut=round(need.lut),
        ff=round(need.ff),
        dsp=need.dsp,
        bram=need.bram,
        interval=need.interval,
        samples_per_second=board.samples_per_second(need.interval),
        styles={name: str(style) for name, style in choice.styles.items()},
    )
