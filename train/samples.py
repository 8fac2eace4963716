"""A data set on the device that trains, and its random distortions."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from mulbudget.train.augment import cropped, distorted, mirrored
from mulbudget.train.dataset import Dataset
from mulbudget.train.recipe import Recipe

AT_ONCE = 4096
"""Samples that are distorted or looked at together."""


@dataclass(frozen=True, eq=False)
class Samples:
    """A data set on the device that trains.

    Parameters
    ----------
    x_train, x_test : uint8, (samples, pixels)
    y_train, y_test : int64, (samples,)
    image : tuple of three int
        Channels, height and width.
    high : int
        The largest pixel.
    """

    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    image: tuple[int, ...]
    high: int

    @classmethod
    def of(cls, data: Dataset, device: torch.device) -> "Samples":
        """A data set, moved to a device."""
        arrays = (data.x_train, data.y_train, data.x_test, data.y_test)
        tensors = [torch.tensor(array, device=device) for array in arrays]
        return cls(*tensors, image=data.input.shape, high=max(data.input.range.high))


def augmented(samples: Samples, x: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Randomly distorted and noisy images, float, one row a sample; real-valued pixels."""
    images = x.float().view(-1, *samples.image)
    wanted = {"degrees": recipe.degrees, "pixels": recipe.pixels, "zoom": recipe.zoom}
    if any(wanted.values()):
        images = distorted(images, **wanted, generator=generator)
    if recipe.crop:
        images = cropped(images, recipe.crop, generator)
    if recipe.mirror:
        images = mirrored(images, recipe.mirror, generator)
    if recipe.noise:
        noise = torch.randn(images.shape, generator=generator).to(images.device)
        images = (images + noise * (recipe.noise * samples.high)).clamp(0, samples.high)
    return images.flatten(1)


def copy(recipe: Recipe, samples: Samples, generator: torch.Generator) -> Tensor:
    """A distorted copy of the training set, rounded to integer pixels."""
    return torch.cat([pixels(samples, x, recipe, generator) for x in parts(samples.x_train)])


def pixels(samples: Samples, x: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """As `augmented`, rounded to integer pixels, uint8."""
    return augmented(samples, x, recipe, generator).round().byte()


def parts(x: Tensor) -> Iterator[Tensor]:
    """Rows of `x` in parts of a size that fits any memory."""
    yield from x.split(AT_ONCE)
