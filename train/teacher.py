"""What a network learns from besides labels: full-precision teachers, and earlier networks."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from mulbudget.train import processes
from mulbudget.train.fit import Descent, Stage
from mulbudget.train.recipe import Recipe
from mulbudget.train.samples import Samples, augmented, parts

Predict = Callable[[Tensor], Tensor]
"""Logits (samples, classes) of integer pixels, one row a sample."""


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


def teacher_stage(
    name: str,
    module: nn.Module,
    inputs: Callable[[Tensor], Tensor],
    recipe: Recipe,
    samples: Samples,
    generator: torch.Generator,
) -> Stage:
    """How a teacher is trained: on new distortions in every step.

    Parameters
    ----------
    name : str
    module : nn.Module
    inputs : callable
        What the module takes for pixels, one row a sample.
    recipe : Recipe
    samples : Samples
    generator : torch.Generator
    """

    def draw(_: int, batch: Tensor) -> tuple[Tensor, Tensor]:
        batch = batch.to(samples.x_train.device)
        x = augmented(samples, samples.x_train[batch], recipe, generator)
        return x, samples.y_train[batch]

    def loss(run: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
        return cross_entropy(run(inputs(x)), labels, label_smoothing=recipe.teacher_smoothing)

    return Stage(
        name=name,
        module=module,
        epochs=recipe.teacher_epochs,
        descent=descent(recipe, recipe.teacher_rate, recipe.full_drops),
        samples=len(samples.x_train),
        batch=recipe.batch,
        generator=generator,
        draw=draw,
        loss=loss,
        accuracy=lambda: accuracy(classifier(ensemble([module], inputs)), samples),
        accumulation=recipe.accumulation,
        bf16=recipe.compute == "bf16",
    )


def descent(recipe: Recipe, rate: float, drops: tuple[float, ...]) -> Descent:
    """As the recipe says, with the rate and drops of a stage."""
    return Descent(
        optimizer=recipe.optimizer,
        rate=rate,
        drops=drops if recipe.schedule == "steps" else None,
        weight_decay=recipe.weight_decay,
    )


def ensemble(teachers: Sequence[nn.Module], inputs: Callable[[Tensor], Tensor]) -> Predict:
    """Mean logits of the teachers in evaluation mode."""

    def predict(x: Tensor) -> Tensor:
        logits = []
        with torch.no_grad():
            for part in parts(x):
                given = inputs(part.float())
                outputs = [module.eval()(given) for module in teachers]
                logits.append(torch.stack(outputs).mean(dim=0))
        return torch.cat(logits)

    return predict


def classifier(predict: Predict) -> Callable[[Tensor], Tensor]:
    """The class with the largest logit, of integer pixels."""
    return lambda x: predict(x).argmax(dim=1)


def accuracy(classify: Callable[[Tensor], Tensor], samples: Samples) -> float:
    """Share of the test set that `classify`, from pixels to classes, is right about."""
    own = slice(processes.rank(), None, processes.count())
    right = classify(samples.x_test[own]) == samples.y_test[own]
    return float(processes.mean(right.double().sum())) * processes.count() / len(samples.y_test)
