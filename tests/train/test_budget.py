"""The budget is used up, wherever it can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.spn import UserError
from mulbudget.train.budget import split
from mulbudget.train.recipes import DIGITS, MNIST
from mulbudget.train.settings import override
from tests.train.conftest import ALIKE

DIGITS, MNIST = DIGITS, MNIST
PLAIN = override(DIGITS, [*ALIKE, "hidden=32", "r=18,10", "wc=learned"])
TERNARY = override(DIGITS, [*ALIKE, "hidden=32", "r=32,10", "wc=identity"])


def test_without_a_budget_the_recipe_has_its_own() -> None:
    assert split(PLAIN, 64, 10).r == (18, 10)
    assert split(DIGITS, 64, 10).r == DIGITS.r


@given(st.integers(2, 64 * 32 + 32 * 10))
def test_every_possible_budget_is_used_up(budget: int) -> None:
    shape = split(PLAIN, 64, 10, multipliers=budget)
    assert shape.multiplications == budget
    assert shape.widths == (64, 32, 10)
    assert min(shape.r) >= 1
    assert shape.r[0] <= 64 * 32
    assert shape.r[1] <= 32 * 10


@pytest.mark.parametrize(
    ("budget", "r"), [(28, (18, 10)), (8, (5, 3)), (2, (1, 1)), (56, (36, 20))]
)
def test_the_split_keeps_the_proportions(budget: int, r: tuple[int, ...]) -> None:
    assert split(PLAIN, 64, 10, multipliers=budget).r == r


def test_what_a_layer_cannot_use_goes_to_the_others() -> None:
    assert split(PLAIN, 64, 10, multipliers=2000).r == (1680, 320)


@given(st.integers(11, 74))
def test_an_identity_takes_its_outputs_and_sets_the_width(budget: int) -> None:
    shape = split(TERNARY, 64, 10, multipliers=budget)
    assert shape.r == (budget - 10, 10)
    assert shape.widths == (64, budget - 10, 10)


def test_mnist_in_202_multiplications() -> None:
    shape = split(MNIST, 784, 10, multipliers=202)
    assert shape.multiplications == 202


def test_by_hand() -> None:
    assert split(PLAIN, 64, 10, r=[3, 4]).r == (3, 4)
    assert split(TERNARY, 64, 10, r=[20, 10]).widths == (64, 20, 10)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"multipliers": 0}, "a budget of 0 multiplications is none: give 2 or more"),
        ({"multipliers": -3}, "a budget of -3 multiplications"),
        ({"multipliers": 1}, "2 layers, which take 2 multiplications at least"),
        ({"multipliers": 2369}, "a budget of 2,369 is more than the 2,368"),
        ({"multipliers": 3, "r": [1, 2]}, "exclude each other"),
        ({"r": [3]}, "r has 1 values, and recipe digits has 2 layers: give 2"),
        ({"r": [3, 0]}, "layer 2 has 0 products: give 1 or more"),
        ({"r": [3, 321]}, "layer 2 has 321 products, and takes 320 multiplications dense"),
    ],
)
def test_a_wrong_budget_is_one_sentence(options: dict, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        split(PLAIN, 64, 10, **options)
    assert sentence in str(caught.value)


def test_terms_are_a_multiple_of_the_outputs() -> None:
    recipe = override(PLAIN, ["wc=terms,identity"])
    assert split(recipe, 64, 10, r=[64, 10]).widths == (64, 32, 10)
    with pytest.raises(UserError, match=r"layer 1 has 18 products for 32 outputs.*multiple of 32"):
        split(recipe, 64, 10)


def test_an_identity_that_does_not_fit_is_one_sentence() -> None:
    with pytest.raises(UserError, match="9 products for 10 outputs"):
        split(TERNARY, 64, 10, r=[20, 9])
    with pytest.raises(UserError, match="take 11 multiplications at least; with --set wc=learned"):
        split(TERNARY, 64, 10, multipliers=10)
