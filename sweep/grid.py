"""The runs of a sweep, and what is looked at before the first of them starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mulbudget.boards.catalogue import Board, find_board
from mulbudget.boards.planning import check_estimates
from mulbudget.spn import UserError
from mulbudget.train.check import refused_budgets
from mulbudget.train.recipe import Recipe
from mulbudget.train.recipes import find_recipe
from mulbudget.train.settings import override


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run: what `mulbudget train` is asked for, and the board that it is planned for.

    Parameters
    ----------
    recipe : Recipe
        With all that `--set` changed.
    budget, seed : int
    folder : Path
        Of what `train` writes.
    board : str
        Its name.
    device : str
    data_dir : Path or None
    """

    recipe: Recipe
    budget: int
    seed: int
    folder: Path
    board: str
    device: str = "cpu"
    data_dir: Path | None = None

    @property
    def name(self) -> str:
        """Like "28-0", budget and seed: the name of its folder."""
        return run_name(self.budget, self.seed)


def run_name(budget: int, seed: int) -> str:
    """Like "28-0": the name of a run's folder."""
    return f"{budget}-{seed}"


def parse_budgets(text: str) -> list[int]:
    """The budgets in a text like "4,8,16", each once, the smallest first.

    Raises
    ------
    UserError
        Naming all that are no positive integers, or when there are none.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    bad = [part for part in parts if not (part.isascii() and part.isdigit() and int(part) > 0)]
    if bad:
        what = "are no positive integers" if len(bad) > 1 else "is no positive integer"
        raise UserError(
            f"--budgets {text!r}: {', '.join(map(repr, bad))} {what}; write --budgets 8,16,28"
        )
    if not parts:
        raise UserError("--budgets names no budget, so nothing is to train: write --budgets 8,16")
    return sorted({int(part) for part in parts})


def check_board(name: str) -> Board:
    """The board of that name.

    Raises
    ------
    UserError
        When there is none, or there are no estimates for it.
    """
    board = find_board(name)
    check_estimates(board, "sweep for another board of `mulbudget boards`")
    return board


def check_device(name: str) -> None:
    """Raise `UserError` where no machine has a device of that name."""
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda") or (":" in name and not (number.isascii() and number.isdigit())):
        raise UserError(f"no device {name!r}: use cpu, cuda or cuda:N")


def recipes_of(
    name: str, assignments: Sequence[str], budgets: Sequence[int], data_dir: Path | None
) -> dict[int, Recipe]:
    """The recipe of each budget.

    Raises
    ------
    UserError
        When there is no such recipe, a setting does not fit it, or with a sentence for every
        budget that it cannot have.
    """
    recipes, refused = {}, {}
    for budget in budgets:
        recipe = find_recipe(name, multipliers=budget)
        try:
            recipes[budget] = override(recipe, assignments)
        except UserError as error:
            refused[budget] = str(error)
    if refused and len(set(refused.values())) == 1 and not recipes:
        raise UserError(refused[budgets[0]])
    refused |= refused_budgets(recipes, data_dir=data_dir)
    if len(refused) == 1:
        budget, sentence = refused.popitem()
        raise UserError(f"recipe {name} cannot have budget {budget:,}: {sentence}")
    if refused:
        lines = "".join(f"\n  {budget:,}: {refused[budget]}" for budget in sorted(refused))
        raise UserError(f"recipe {name} cannot have {len(refused)} of the budgets:{lines}")
    return recipes


def make_grid(
    recipes: dict[int, Recipe],
    seeds: int,
    out: Path,
    *,
    board: Board,
    device: str = "cpu",
    data_dir: Path | None = None,
) -> list[Job]:
    """A job for each budget and each seed from 0 on, all budgets of a seed before the next.

    Raises
    ------
    UserError
        When there are none.
    """
    if seeds < 1:
        raise UserError(f"--seeds {seeds} leaves nothing to train: use 1 or more")
    return [
        Job(
            recipe=recipe,
            budget=budget,
            seed=seed,
            folder=out / run_name(budget, seed),
            board=board.name,
            device=device,
            data_dir=data_dir,
        )
        for seed in range(seeds)
        for budget, recipe in recipes.items()
    ]
