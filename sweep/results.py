"""What a run gave: a small JSON file, and how far the files beside it can be trusted."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from mulbudget.spn import Network, UserError, digest, load
from mulbudget.spn.files import read_json, read_whole, write_whole
from mulbudget.sweep.grid import Job, run_name

NETWORK = "network.spn"
METRICS = "metrics.json"
CHECKPOINT = "checkpoint.pt"
FILES = (METRICS, "curve.png", NETWORK)
"""What `train` writes, in its order: the network says that the others are whole."""

_Count = Annotated[int, msgspec.Meta(ge=0)]
_Positive = Annotated[int, msgspec.Meta(ge=1)]


class Fit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a network takes of a board, as `mulbudget plan` says.

    Parameters
    ----------
    lut, ff, dsp, bram : int
        Estimates of the first two.
    interval : int
        Clocks from sample to sample.
    samples_per_second : float
        At the board's clock.
    styles : dict
        Of each sum-product layer, as for `--style`.
    """

    lut: _Count
    ff: _Count
    dsp: _Count
    bram: _Count
    interval: _Positive
    samples_per_second: Annotated[float, msgspec.Meta(gt=0)]
    styles: dict[str, str]


class Result(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """A run, trained and planned: what BOARD.json holds.

    Parameters
    ----------
    format, version
        Of the file.
    recipe : str
        Its name.
    budget, seed : int
        What the run was given.
    network : str
        `mulbudget.spn.digest` of it.
    accuracy : float
        Of the integers, on the test set.
    multiplications : int
        For one sample.
    board : str
        Its name.
    fit : Fit or None
        None where nothing fits.
    reason : str or None
        Why nothing fits.
    """

    format: Literal["mulbudget-sweep-run"]
    version: Literal[1]
    recipe: str
    budget: _Positive
    seed: _Count
    network: str
    accuracy: Annotated[float, msgspec.Meta(ge=0, le=1)]
    multiplications: _Count
    board: str
    fit: Fit | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if (self.fit is None) == (self.reason is None):
            raise ValueError("either it fits, or there is a reason why not")


class _Metrics(msgspec.Struct):
    """What is looked at of metrics.json."""

    recipe: str
    seed: int
    test_accuracy: float
    settings: dict[str, Any]


def result_path(folder: Path, board: str) -> Path:
    """Where a run keeps its result for a board."""
    return folder / f"{board}.json"


def write_result(folder: Path, result: Result) -> None:
    """Write it as JSON, whole or not at all; `UserError` when it cannot be written."""
    content = msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"
    write_whole(result_path(folder, result.board), content)


def read_result(folder: Path, board: str) -> Result | None:
    """The result of the run in a folder for a board; None when there is none.

    Raises
    ------
    UserError
        When the file is damaged, or is not of this run, board and network.
    """
    path = result_path(folder, board)
    if not path.exists():
        return None
    result = read_json(path, Result, "is damaged ({})")
    if (run_name(result.budget, result.seed), result.board) != (folder.name, board):
        raise UserError(
            f"{path} is of run {run_name(result.budget, result.seed)} on {result.board}"
        )
    if result.network != digest(load(folder / NETWORK)):
        raise UserError(f"{path} is of another network than {folder / NETWORK}")
    return result


def stored_results(out: Path, board: str) -> Iterator[tuple[Path, Result | UserError]]:
    """The folders in `out` with a result for a board, by budget and seed, and what is in them."""
    for folder in sorted(filter(_is_run, out.iterdir()), key=_numbers):
        try:
            result = read_result(folder, board)
        except UserError as error:
            yield folder, error
        else:
            if result is not None:
                yield folder, result


def _is_run(path: Path) -> bool:
    budget, _, seed = path.name.partition("-")
    return all(part.isascii() and part.isdigit() for part in (budget, seed)) and path.is_dir()


def _numbers(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.name.split("-"))


def trained_network(job: Job) -> Network | None:
    """The network of a run that was trained to its end; None when there is none.

    Raises
    ------
    DamagedError
        When its files are damaged or are not of one run.
    UserError
        When they are of a run with other settings.
    """
    path = job.folder / NETWORK
    if not path.exists():
        return None
    try:
        network = load(path)
        metrics = msgspec.json.decode(read_whole(job.folder / METRICS), type=_Metrics)
    except (UserError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(f"{job.folder} is damaged ({error})") from error
    said = network.provenance
    known = metrics.recipe, metrics.seed, metrics.test_accuracy
    if (said.get("recipe"), said.get("seed"), said.get("test_accuracy")) != known:
        raise DamagedError(f"{path} and {METRICS} beside it are of different runs")
    if (metrics.recipe, metrics.seed) != (job.recipe.name, job.seed):
        raise UserError(
            f"{job.folder} holds a run of recipe {metrics.recipe} with seed {metrics.seed}, not of "
            f"{job.recipe.name} with seed {job.seed}: use another --out, or delete that folder"
        )
    _check_settings(job, metrics.settings)
    return network


class DamagedError(UserError):
    """Files of a run that is to be done again."""


def _check_settings(job: Job, found: dict[str, Any]) -> None:
    wanted = json.loads(json.dumps(asdict(job.recipe)))
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise UserError(
                f"{job.folder} holds a run with {name}={found.get(name)}, and this sweep has "
                f"{name}={wanted.get(name)}: use another --out, or delete that folder"
            )
