"""The networks of the recipes, in full precision."""

import pytest
import torch

from mulbudget.spn import UserError
from mulbudget.train.architectures import ARCHITECTURES
from mulbudget.train.counting import multiplications
from mulbudget.train.recipe import ImageRecipe, each_layer
from mulbudget.train.recipes import RECIPES
from mulbudget.train.strassenify import strassenify
from mulbudget.train.trace import LAYERS

IMAGES = {"mnist": (1, 28, 28), "cifar10": (3, 32, 32)}


def test_every_recipe_of_images_has_one() -> None:
    recipes = [name for name, recipe in RECIPES.items() if isinstance(recipe, ImageRecipe)]
    assert list(ARCHITECTURES) == recipes


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_it_gives_classes_and_the_recipe_a_share_of_its_multiplications(name: str) -> None:
    recipe = RECIPES[name]
    assert isinstance(recipe, ImageRecipe)
    image = IMAGES[recipe.dataset]
    module = ARCHITECTURES[name](recipe.channels, image, 10)
    x = torch.zeros(2, *image)
    assert module(x).shape == (2, 10)
    names = [each for each, layer in module.named_modules() if isinstance(layer, LAYERS)]
    r = dict(zip(names, each_layer("r", recipe.r, len(names)), strict=True))
    counts = multiplications(strassenify(module, x, r=r))
    share = sum(each.built for each in counts) / sum(each.dense for each in counts)
    assert share < 0.01


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("image", [(1, 8, 8), (2, 9, 12)])
def test_images_may_have_other_sizes(name: str, image: tuple[int, ...]) -> None:
    module = ARCHITECTURES[name]((2, 3, 4), image, 5)
    assert module(torch.zeros(2, *image)).shape == (2, 5)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_missing_channels_are_one_sentence(name: str) -> None:
    with pytest.raises(UserError, match="channels has 2 values: give 3"):
        ARCHITECTURES[name]((2, 3), (1, 8, 8), 5)
