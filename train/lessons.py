"""What a network learns from: distorted images, their labels, and what a teacher says of them."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from mulbudget.train.distill import confidence_weighted, distilled, permuted_dark_knowledge
from mulbudget.train.recipe import Recipe
from mulbudget.train.samples import Samples, copy, pixels
from mulbudget.train.teacher import Predict


@dataclass(frozen=True, eq=False)
class Lessons:
    """What each step of a network learns from.

    Distorted copies are made once, as is what the teacher says of them: a step of a small network
    is short, and would mostly wait for both. Without copies each step distorts anew and asks the
    teacher.

    Parameters
    ----------
    recipe : Recipe
    samples : Samples
    generator : torch.Generator
        Of distortions in each step.
    copies : list of uint8, (samples, pixels)
    targets : list of float, (samples, classes), optional
        Logits of the teacher for each copy.
    teacher : callable, optional
    """

    recipe: Recipe
    samples: Samples
    generator: torch.Generator
    copies: list[Tensor]
    targets: list[Tensor] | None = None
    teacher: Predict | None = None

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        samples: Samples,
        generator: torch.Generator,
        copying: torch.Generator,
    ) -> "Lessons":
        """The lessons without a teacher; `copying` distorts the copies."""
        copies = [copy(recipe, samples, copying) for _ in range(recipe.copies)]
        return cls(recipe, samples, generator, copies)

    def taught_by(self, teacher: Predict) -> "Lessons":
        """The same lessons with what a teacher says of them."""
        targets = [teacher(each) for each in self.copies]
        return replace(self, targets=targets, teacher=teacher)

    def draw(self, epoch: int, batch: Tensor) -> tuple[Tensor, ...]:
        """Pixels and labels of a batch, and logits of the teacher where they are known."""
        batch = batch.to(self.samples.y_train.device)
        labels = self.samples.y_train[batch]
        if not self.copies:
            x = pixels(self.samples, self.samples.x_train[batch], self.recipe, self.generator)
            return x, labels
        number = epoch % len(self.copies)
        known = () if self.targets is None else (self.targets[number][batch],)
        return self.copies[number][batch], labels, *known

    def loss(self, logits: Tensor, x: Tensor, labels: Tensor, *known: Tensor) -> Tensor:
        """Of the labels and of the teacher, for logits of pixels `x` that were drawn."""
        result = cross_entropy(logits, labels)
        if self.teacher is None:
            return result
        targets = known[0] if known else self.teacher(x)
        return torch.lerp(result, self._taught(logits, labels, targets), self.recipe.distillation)

    def _taught(self, logits: Tensor, labels: Tensor, targets: Tensor) -> Tensor:
        match self.recipe.teaching:
            case "soft":
                return distilled(logits, targets, self.recipe.temperature)
            case "confidence":
                return confidence_weighted(logits, labels, targets)
            case "permuted":
                return permuted_dark_knowledge(logits, targets, self.generator)

    def calibration(self) -> list[Tensor]:
        """Pixels that show batch norms what a network takes, in batches."""
        most = min(len(self.samples.x_train), _CALIBRATION)
        if self.copies:
            return list(self.copies[0][:most].split(_CALIBRATED_AT_ONCE))
        batches = torch.arange(most).split(_CALIBRATED_AT_ONCE)
        return [self.draw(0, batch)[0] for batch in batches]


_CALIBRATION = 20_000
"""Samples."""

_CALIBRATED_AT_ONCE = 500
