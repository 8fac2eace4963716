"""The runs of a sweep, and what is refused before the first one starts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.spn import UserError
from mulbudget.sweep.grid import check_board, check_device, parse_budgets, recipes_of
from tests.sweep.conftest import tiny_grid


@given(st.lists(st.integers(1, 10**6), min_size=1))
def test_budgets_come_once_and_in_order(budgets: list[int]) -> None:
    assert parse_budgets(" , ".join(map(str, budgets))) == sorted(set(budgets))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "names no budget"),
        (" , ", "names no budget"),
        ("8,x,0,-4,1.5", "'x', '0', '-4', '1.5' are no positive integers"),
        ("8,1e3", "'1e3' is no positive integer"),
        ("²", "'²' is no positive integer"),
    ],
)
def test_what_is_no_budget_is_named(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        parse_budgets(text)


def test_all_budgets_that_a_recipe_cannot_have_are_named_at_once(data_dir: Path) -> None:
    with pytest.raises(UserError) as caught:
        recipes_of("mnist", [], [5, 10, 202, 10**7], data_dir)
    first, *lines = str(caught.value).splitlines()
    assert first == "recipe mnist cannot have 3 of the budgets:"
    assert [line.split(":")[0].strip() for line in lines] == ["5", "10", "10,000,000"]
    assert "which take 11 multiplications at least" in lines[0]


def test_one_that_is_not_possible_is_a_sentence() -> None:
    with pytest.raises(UserError, match="cannot have budget 10,000: a budget of 10,000 is more"):
        recipes_of("digits", [], [10_000, 8], None)


def test_a_recipe_has_the_shape_that_its_budget_wants() -> None:
    recipes = recipes_of("digits", ["batch=64"], [8, 28], None)
    assert {budget: recipe.batch for budget, recipe in recipes.items()} == {8: 64, 28: 64}
    assert [len(getattr(recipe, "hidden", ())) for recipe in recipes.values()] == [0, 1]


@pytest.mark.parametrize(
    ("recipe", "setting", "sentence"),
    [("digitz", "batch=64", "did you mean digits"), ("digits", "bach=3", "did you mean batch")],
)
def test_what_no_recipe_has_is_one_sentence(recipe: str, setting: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as caught:
        recipes_of(recipe, [setting], [8, 28], None)
    assert "\n" not in str(caught.value)


def test_a_setting_that_fits_some_budgets_only_names_the_others() -> None:
    with pytest.raises(UserError, match=r"budget 8: recipe field wc has 2 values for 1 layers"):
        recipes_of("digits", ["wc=learned,learned"], [8, 28], None)


def test_a_grid_begins_with_one_seed_of_every_budget(tmp_path: Path) -> None:
    jobs = tiny_grid(tmp_path, budgets=(4, 7), seeds=2)
    assert [job.name for job in jobs] == ["4-0", "7-0", "4-1", "7-1"]
    assert [job.folder for job in jobs] == [tmp_path / job.name for job in jobs]
    with pytest.raises(UserError, match="--seeds 0 leaves nothing to train"):
        tiny_grid(tmp_path, seeds=0)


def test_a_board_needs_estimates() -> None:
    assert check_board("icebreaker").name == "icebreaker"
    with pytest.raises(UserError, match=r"Arty A7-35T has a device of Xilinx.*another board"):
        check_board("arty-a7-35")
    with pytest.raises(UserError, match="did you mean icebreaker"):
        check_board("icebraker")


@pytest.mark.parametrize("name", ["tpu", "cuda:", "cuda:x", "cpu0", ""])
def test_what_is_no_device_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=f"no device '{name}': use cpu, cuda or cuda:N"):
        check_device(name)
    for known in ("cpu", "cuda", "cuda:3"):
        check_device(known)
