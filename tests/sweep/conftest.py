"""A sweep of runs that end in a moment."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mulbudget.sweep.folder import claimed, describe
from mulbudget.sweep.grid import Job, check_board, make_grid, recipes_of
from mulbudget.sweep.run import do, draw, remaining
from tests.train.conftest import TINY

BUDGETS = (4, 7)
SEEDS = 2
BOARD = "ulx3s-25f"

Grid = Callable[..., list[Job]]


def tiny_grid(
    out: Path,
    *,
    budgets: tuple[int, ...] = BUDGETS,
    seeds: int = SEEDS,
    board: str = BOARD,
    settings: tuple[str, ...] = (),
) -> list[Job]:
    """Jobs of very small networks of digits, for a few epochs."""
    recipes = recipes_of("digits", [*TINY, *settings], budgets, None)
    return make_grid(recipes, seeds, out, board=check_board(board))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished sweep, which tests leave as it is."""
    out = tmp_path_factory.mktemp("made") / "sweep"
    jobs = tiny_grid(out)
    with claimed(out, describe(jobs[0].recipe, TINY, "cpu", BOARD)):
        for _ in do(remaining(jobs), processes=2):
            pass
        draw(out, "digits", BOARD)
    return out


@pytest.fixture
def swept(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    return shutil.copytree(made, tmp_path / "sweep")
