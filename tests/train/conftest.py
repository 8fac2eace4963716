"""A recipe that ends in a moment."""

import pytest
import torch

from mulbudget.train.recipe import DenseRecipe, settings
from mulbudget.train.recipes import DIGITS
from mulbudget.train.samples import Samples
from mulbudget.train.settings import override

PENALTIES = tuple(name for name in settings(DenseRecipe) if name.endswith("sparsity"))
ALIKE = (
    "wb_threshold=0.5",
    "wc_threshold=0.5",
    "wc=learned",
    *(f"{name}=0" for name in PENALTIES),
)
"""One value for all layers, however many there are."""

TINY = (
    *ALIKE,
    "hidden=6",
    "r=4,3",
    "full_epochs=2",
    "ternary_epochs=3",
    "frozen_epochs=2",
    "copies=2",
    "teachers=2",
    "teacher_width=8",
    "teacher_epochs=2",
    "batch=256",
)


@pytest.fixture
def tiny() -> DenseRecipe:
    """The digits, on very small networks, for a few epochs."""
    return override(DIGITS, TINY)


@pytest.fixture
def generator() -> torch.Generator:
    """The same random numbers in every test."""
    return torch.Generator().manual_seed(0)


@pytest.fixture
def samples(generator: torch.Generator) -> Samples:
    """Random images of 4 by 4 pixels in 3 classes."""

    def part(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.randint(0, 17, (count, 16), generator=generator).byte()
        return x, torch.randint(0, 3, (count,), generator=generator)

    return Samples(*part(50), *part(20), image=(1, 4, 4), high=16)
