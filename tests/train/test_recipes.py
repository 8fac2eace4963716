"""Recipes: fields that can be set, and values that cannot."""

import pytest

from mulbudget.spn import UserError
from mulbudget.train.recipe import settings
from mulbudget.train.recipes import DIGITS, DIGITS_SHALLOW, RECIPES, find_recipe
from mulbudget.train.settings import override
from tests.train.conftest import ALIKE


def test_every_recipe_has_its_name_and_every_field_its_meaning() -> None:
    assert list(RECIPES) == ["digits", "mnist", "mnist-cnn", "cifar10-small", "cifar10-resnet20"]
    for name in RECIPES:
        recipe = find_recipe(name)
        fields = settings(type(recipe))
        assert recipe.name == name
        assert all(len(about.text) > 5 for _, about in fields.values())
        assert not {"name", "dataset"} & set(fields)


@pytest.mark.parametrize(
    ("recipe", "name"), [(key, name) for key in RECIPES for name in settings(type(RECIPES[key]))]
)
def test_every_field_can_be_set_to_what_is_printed(recipe: str, name: str) -> None:
    value = getattr(find_recipe(recipe), name)
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    assert override(find_recipe(recipe), [f"{name}={text}"]) == find_recipe(recipe)


def test_values_have_the_type_of_their_field() -> None:
    recipe = override(
        DIGITS,
        ["batch=64", "full_rate=1e-3", "hidden=8, 9", "r=1,2,3", *ALIKE, "wc=identity"],
    )
    assert (recipe.batch, recipe.full_rate) == (64, 0.001)
    assert (recipe.hidden, recipe.r, recipe.layers) == ((8, 9), (1, 2, 3), 3)
    assert recipe.of_layers("wb_threshold") == (0.5, 0.5, 0.5)
    assert recipe.of_layers("wc") == ("identity",) * 3


def test_a_network_without_hidden_layers_is_possible() -> None:
    recipe = override(DIGITS, ["hidden=", "r=10", *ALIKE])
    assert recipe.layers == 1


def test_few_multiplications_are_not_split_over_layers() -> None:
    few = DIGITS_SHALLOW
    assert find_recipe("digits", multipliers=8) == few
    assert (few.layers, few.outputs_per_class, few.outputs(10)) == (1, 8, 76)
    assert find_recipe("digits", r=[8]) == few
    assert find_recipe("digits", multipliers=28) == find_recipe("digits", r=[18, 10])
    assert find_recipe("digits", multipliers=28) == RECIPES["digits"]
    assert find_recipe("mnist", multipliers=8) == RECIPES["mnist"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("digit", "did you mean digits?"), ("zzz", "there are digits, mnist, mnist-cnn")],
)
def test_an_unknown_recipe_gets_a_suggestion(name: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        find_recipe(name)


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("batch", "sets nothing: write NAME=VALUE"),
        ("outputs_per_class=6", "outputs_per_class is 6, not a power of two"),
        ("bacth=3", "no field 'bacth': did you mean batch?"),
        ("name=mnist", "no field 'name'"),
        ("batch=2.5", "batch: '2.5' is not an integer"),
        ("full_rate=fast", "full_rate: 'fast' is not a number"),
        ("hidden=8;9", "hidden: '8;9' is not an integer"),
        ("quantizer=scale", "did you mean scaled?"),
        ("wc=learned,identy", "did you mean identity?"),
        ("batch=1", "batch is 1, not 2 or more"),
        ("a_bits=17", "a_bits is 17, not 1 to 16"),
        ("hidden=0", "hidden is 0, not 1 or more"),
        ("full_rate=nan", "full_rate is nan, not 0 or more"),
        ("wb_threshold=1,2,3", "wb_threshold has 3 values for 2 layers: give 2, or one for all"),
        ("r=3", "r has 1 values for 2 layers"),
    ],
)
def test_a_wrong_setting_is_one_sentence(assignment: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        override(find_recipe("digits"), [assignment])
    assert sentence in str(caught.value)
