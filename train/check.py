"""Whether recipes can have their budgets, before anything is trained."""

from collections.abc import Mapping
from pathlib import Path

from mulbudget.spn import UserError
from mulbudget.train.budget import split
from mulbudget.train.data import load
from mulbudget.train.dataset import CLASSES, Dataset
from mulbudget.train.recipe import DenseRecipe, ImageRecipe, Recipe


def refused_budgets(
    recipes: Mapping[int, Recipe], *, data_dir: Path | None = None
) -> dict[int, str]:
    """What `train` would say of budgets that it refuses.

    Parameters
    ----------
    recipes : mapping
        From a budget to the recipe that is to have it; all learn the same data set.
    data_dir : Path, optional
        As for `data.load`.

    Returns
    -------
    dict
        A sentence for each budget that is not possible.

    Raises
    ------
    UserError
        When the data set is not at hand or damaged.
    """
    refused, sets = {}, {}
    for budget, recipe in recipes.items():
        bits = recipe.input_bits
        if bits not in sets:
            sets[bits] = load(recipe.dataset, seed=0, input_bits=bits, data_dir=data_dir)
        try:
            _check(recipe, sets[bits], budget)
        except UserError as error:
            refused[budget] = str(error)
    return refused


def _check(recipe: Recipe, data: Dataset, budget: int) -> None:
    match recipe:
        case DenseRecipe():
            n_in, n_out = data.input.flat.shape[0], recipe.outputs(CLASSES)
            split(recipe, n_in, n_out, multipliers=budget)
        case ImageRecipe():
            # PyTorch takes seconds to import, and dense networks are looked at without it.
            import torch

            from mulbudget.train.image_task import ImageTask
            from mulbudget.train.samples import Samples

            ImageTask(recipe, data, Samples.of(data, torch.device("cpu")), multipliers=budget)
        case _:
            raise TypeError(f"no networks are known for {type(recipe).__name__}")
