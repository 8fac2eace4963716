"""A data set that trains, and its distorted copies."""

import pytest
import torch

from mulbudget.train.recipe import Recipe
from mulbudget.train.samples import Samples, augmented, copy
from mulbudget.train.settings import override

PLAIN = ("degrees=0", "pixels=0", "zoom=0", "noise=0")


def test_copies_are_integers_in_range_and_differ(
    tiny: Recipe, samples: Samples, generator: torch.Generator
) -> None:
    first, second = (copy(tiny, samples, generator) for _ in range(2))
    assert first.dtype == torch.uint8
    assert int(first.max()) <= samples.high
    assert first.shape == samples.x_train.shape
    assert bool((first != second).any())


def test_without_distortion_a_copy_is_the_training_set(
    tiny: Recipe, samples: Samples, generator: torch.Generator
) -> None:
    plain = override(tiny, PLAIN)
    assert torch.equal(copy(plain, samples, generator), samples.x_train)


def test_noise_has_its_deviation_and_stays_in_range(
    tiny: Recipe, samples: Samples, generator: torch.Generator
) -> None:
    noisy = override(tiny, [*PLAIN, "noise=0.125"])
    x = torch.full((1000, 16), 8, dtype=torch.uint8)
    y = augmented(samples, x, noisy, generator)
    assert float((y - 8).std()) == pytest.approx(0.125 * samples.high, rel=0.05)
    noised = copy(noisy, samples, generator)
    assert bool((noised != samples.x_train).any())
    assert int(noised.max()) <= samples.high


def test_crops_and_reflections_move_whole_pixels(
    tiny: Recipe, samples: Samples, generator: torch.Generator
) -> None:
    moved = override(tiny, [*PLAIN, "crop=1", "mirror=0.5"])
    x = torch.arange(1, 17, dtype=torch.uint8).repeat(200, 1)
    y = augmented(samples, x, moved, generator).view(-1, 4, 4)
    image = x[0].view(4, 4).float()
    padded = torch.nn.functional.pad(image, (1,) * 4)
    shifted = [padded[i : i + 4, j : j + 4] for i in range(3) for j in range(3)]
    possible = torch.stack([*shifted, *(each.flip(1) for each in shifted)])
    equal = (y[:, None] == possible).flatten(2).all(dim=2)
    assert bool(equal.any(dim=1).all())
    assert bool(equal.any(dim=0).all())
