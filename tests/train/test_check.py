"""Budgets are looked at before anything is trained."""

from pathlib import Path

import pytest

from mulbudget.spn import UserError
from mulbudget.train.budget import split
from mulbudget.train.check import refused_budgets
from mulbudget.train.recipe import DenseRecipe
from mulbudget.train.recipes import find_recipe


@pytest.mark.parametrize(("name", "inputs", "possible"), [("digits", 64, 21), ("mnist", 784, 11)])
def test_dense_recipes_are_refused_what_training_refuses(
    data_dir: Path, name: str, inputs: int, possible: int
) -> None:
    budgets = (possible - 1, possible, 10**9)
    recipes = {budget: find_recipe(name, multipliers=21) for budget in budgets}
    refused = refused_budgets(recipes, data_dir=data_dir)
    expected = {}
    for budget, recipe in recipes.items():
        assert isinstance(recipe, DenseRecipe)
        try:
            split(recipe, inputs, 10, multipliers=budget)
        except UserError as error:
            expected[budget] = str(error)
    assert refused == expected
    assert 10**9 in refused
    assert possible not in refused


def test_a_recipe_for_images_has_a_least_budget(data_dir: Path) -> None:
    recipes = {budget: find_recipe("mnist-cnn") for budget in (3, 7000)}
    refused = refused_budgets(recipes, data_dir=data_dir)
    assert list(refused) == [3]
    assert "a budget of 3 multiplications is too small: one product in each group" in refused[3]


def test_the_data_set_must_be_at_hand(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="mnist"):
        refused_budgets({202: find_recipe("mnist")}, data_dir=tmp_path)
