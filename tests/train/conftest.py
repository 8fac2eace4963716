"""A recipe that ends in a moment."""

import pytest
import torch

from mulbudget.train.recipes import Recipe, find_recipe, override, settings

PENALTIES = tuple(name for name in settings() if name.endswith("sparsity"))
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
def tiny() -> Recipe:
    """The digits, on very small networks, for a few epochs."""
    return override(find_recipe("digits"), TINY)


@pytest.fixture
def generator() -> torch.Generator:
    """The same random numbers in every test."""
    return torch.Generator().manual_seed(0)
