"""How the sum-product network itself is trained, phase by phase."""

import torch
from torch import Tensor, nn

from mulbudget.train.export import evaluate
from mulbudget.train.fit import Stage
from mulbudget.train.layers import Phase
from mulbudget.train.lessons import Lessons
from mulbudget.train.phased import PhasedModel
from mulbudget.train.recipe import Recipe
from mulbudget.train.teacher import Predict, accuracy, descent

PHASES: tuple[Phase, ...] = ("full", "ternary", "frozen")


def phase_stage(
    name: str,
    model: PhasedModel,
    recipe: Recipe,
    lessons: Lessons,
    penalties: Tensor,
    generator: torch.Generator,
) -> Stage:
    """The stage of the phase that `model` has entered.

    Parameters
    ----------
    name : str
        Of the stage.
    model : PhasedModel
    recipe : Recipe
    lessons : Lessons
    penalties : Tensor, (layers, 2)
        Weights of the mean magnitude of each Wb and Wc.
    generator : torch.Generator
        Of the order of the samples, and of all that the lessons draw.
    """
    phase = model.phase

    def loss(run: nn.Module, x: Tensor, *told: Tensor) -> Tensor:
        logits = model.class_logits(run(model.inputs(x.float())))
        return lessons.loss(logits, x, *told)

    def penalty() -> Tensor:
        return (penalties * model.densities()).sum()

    def prepare(done: float) -> None:
        if phase == "ternary":
            ramp = recipe.ternary_ramp
            model.ternary_share = min(1.0, done / ramp) if ramp > 0 else 1.0

    free = phase != "frozen"
    return Stage(
        name=name,
        module=model,
        epochs=getattr(recipe, f"{phase}_epochs"),
        descent=descent(
            recipe, getattr(recipe, f"{phase}_rate"), getattr(recipe, f"{phase}_drops")
        ),
        samples=len(lessons.samples.y_train),
        batch=recipe.batch,
        generator=generator,
        draw=lessons.draw,
        loss=loss,
        accuracy=lambda: accuracy(lambda x: _classes(model, x), lessons.samples),
        penalty=penalty if free and bool(penalties.any()) else None,
        prepare=prepare,
        settle=model.settle if free else lambda: None,
        accumulation=recipe.accumulation,
        bf16=free and recipe.compute == "bf16",
    )


def predictor(model: PhasedModel) -> Predict:
    """Logits of the classes by a model in evaluation mode, exact where it is frozen."""

    def predict(x: Tensor) -> Tensor:
        logits = torch.as_tensor(evaluate(model, x)["logits"])
        return model.class_logits(logits).float().to(x.device)

    return predict


def _classes(model: PhasedModel, x: Tensor) -> Tensor:
    """Of pixels, by a model in evaluation mode."""
    return torch.as_tensor(evaluate(model, x)["classes"][:, 0]).to(x.device)
