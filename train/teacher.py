"""The full-precision teachers, and what they say about distorted copies of the training set."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mulbudget.train.augment import distorted
from mulbudget.train.fit import Stage
from mulbudget.train.recipes import Recipe

_SAMPLES_AT_ONCE = 4096


class Dropout(nn.Module):
    """Dropout that draws from the run's own generator, whose state checkpoints hold."""

    def __init__(self, share: float, generator: torch.Generator) -> None:
        super().__init__()
        self.share = share
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        """`x`, a share of it zeroed while training."""
        if not self.training or self.share == 0:
            return x
        kept = torch.rand(x.shape, generator=self.generator) >= self.share
        return x * kept.to(x.device) / (1 - self.share)


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


def augmented(samples: Samples, x: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Randomly distorted and noisy images, float, one row a sample; real-valued pixels."""
    images = x.float().view(-1, *samples.image)
    wanted = {"degrees": recipe.degrees, "pixels": recipe.pixels, "zoom": recipe.zoom}
    if any(wanted.values()):
        images = distorted(images, **wanted, generator=generator)
    if recipe.noise:
        noise = torch.randn(images.shape, generator=generator).to(images.device)
        images = (images + noise * (recipe.noise * samples.high)).clamp(0, samples.high)
    return images.flatten(1)


def teacher(
    recipe: Recipe, samples: Samples, n_out: int, generator: torch.Generator
) -> nn.Sequential:
    """An untrained teacher: two hidden layers with batch norm, for pixels from 0 to 1."""
    n_in, width = samples.x_train.shape[1], recipe.teacher_width
    blocks: list[nn.Module] = []
    # PyTorch draws initial weights from one generator for all programs: here from a fork of it.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        for inputs in (n_in, width):
            blocks += [
                nn.Linear(inputs, width),
                nn.BatchNorm1d(width),
                nn.ReLU(),
                Dropout(recipe.teacher_dropout, generator),
            ]
        module = nn.Sequential(*blocks, nn.Linear(width, n_out))
    return module.to(samples.x_train.device)


def teacher_stage(
    name: str,
    module: nn.Sequential,
    recipe: Recipe,
    samples: Samples,
    generator: torch.Generator,
) -> Stage:
    """How a teacher is trained: on new distortions in every step."""

    def loss(_: int, batch: Tensor) -> Tensor:
        batch = batch.to(samples.x_train.device)
        x = augmented(samples, samples.x_train[batch], recipe, generator) / samples.high
        smoothing = recipe.teacher_smoothing
        return nn.functional.cross_entropy(
            module(x), samples.y_train[batch], label_smoothing=smoothing
        )

    return Stage(
        name=name,
        module=module,
        epochs=recipe.teacher_epochs,
        rate=recipe.teacher_rate,
        samples=len(samples.x_train),
        batch=recipe.batch,
        generator=generator,
        loss=loss,
        accuracy=lambda: accuracy([module], samples),
    )


def ensemble(teachers: Sequence[nn.Module], samples: Samples, x: Tensor) -> Tensor:
    """Mean logits of the teachers in evaluation mode, for integer pixels."""
    logits = []
    with torch.no_grad():
        for part in x.split(_SAMPLES_AT_ONCE):
            pixels = part.float() / samples.high
            outputs = [module.eval()(pixels) for module in teachers]
            logits.append(torch.stack(outputs).mean(dim=0))
    return torch.cat(logits)


def accuracy(teachers: Sequence[nn.Module], samples: Samples) -> float:
    """Of the ensemble on the test set."""
    right = ensemble(teachers, samples, samples.x_test).argmax(dim=1) == samples.y_test
    return float(right.double().mean())


def copies(recipe: Recipe, samples: Samples, generator: torch.Generator) -> list[Tensor]:
    """Distorted copies of the training set, rounded to integer pixels.

    They are made once: a step of the student is short, and would mostly wait for distortions and
    for its teachers.
    """

    def copy() -> Tensor:
        parts = samples.x_train.split(_SAMPLES_AT_ONCE)
        images = [augmented(samples, part, recipe, generator).round().byte() for part in parts]
        return torch.cat(images)

    return [copy() for _ in range(recipe.copies)]
