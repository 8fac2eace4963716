"""Distorted images: what a distortion does, and what it leaves alone."""

import torch

from mulbudget.train.augment import distorted


def images(generator: torch.Generator) -> torch.Tensor:
    return torch.rand(20, 2, 8, 8, generator=generator) * 16


def test_without_amounts_the_images_stay(generator: torch.Generator) -> None:
    x = images(generator)
    same = distorted(x, degrees=0, pixels=0, zoom=0, generator=generator)
    assert torch.allclose(same, x, atol=1e-4)


def test_values_stay_in_range_and_every_image_is_its_own(generator: torch.Generator) -> None:
    x = images(generator)[:1].expand(20, 2, 8, 8)
    y = distorted(x, degrees=8, pixels=0.6, zoom=0.08, generator=generator)
    assert y.shape == x.shape
    assert float(y.min()) >= 0
    assert float(y.max()) <= float(x.max()) + 1e-4
    assert len(torch.unique(y.flatten(1), dim=0)) == 20


def test_a_shift_is_in_pixels(generator: torch.Generator) -> None:
    x = torch.zeros(500, 1, 15, 15)
    x[:, 0, 7, 7] = 1
    y = distorted(x, degrees=0, pixels=1.5, zoom=0, generator=generator)
    mass = y.sum(dim=(1, 2, 3))
    column = (y.sum(dim=(1, 2)) * torch.arange(15)).sum(dim=1) / mass
    assert 1.2 < float((column - 7).std()) < 1.8


def test_the_generator_decides(generator: torch.Generator) -> None:
    x = images(generator)
    state = generator.get_state()
    first = distorted(x, degrees=8, pixels=1, zoom=0.1, generator=generator)
    generator.set_state(state)
    assert torch.equal(distorted(x, degrees=8, pixels=1, zoom=0.1, generator=generator), first)
