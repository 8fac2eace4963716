"""How the sum-product network itself is trained, phase by phase."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from mulbudget.train.budget import Shape
from mulbudget.train.distill import distilled
from mulbudget.train.export import evaluate
from mulbudget.train.fit import Stage
from mulbudget.train.layers import Phase, Precision
from mulbudget.train.model import SPNModel
from mulbudget.train.recipes import Recipe
from mulbudget.train.teacher import Samples

PHASES: tuple[Phase, ...] = ("full", "ternary", "frozen")


def student(recipe: Recipe, shape: Shape, generator: torch.Generator) -> SPNModel:
    """An untrained network."""
    thresholds = zip(
        recipe.of_layers("wb_threshold"), recipe.of_layers("wc_threshold"), strict=True
    )
    precision = [
        Precision(
            quantizer=recipe.quantizer,
            wb_threshold=wb,
            wc_threshold=wc,
            a_bits=recipe.a_bits,
            a_digits=recipe.a_digits,
            bias_places=recipe.bias_places,
        )
        for wb, wc in thresholds
    ]
    return SPNModel(
        shape.widths,
        shape.r,
        recipe.of_layers("wc"),
        precision,
        activation_bits=recipe.activation_bits,
        activation_fraction=recipe.activation_fraction,
        outputs_per_class=recipe.outputs_per_class,
        generator=generator,
    )


def phase_stage(
    phase: Phase,
    model: SPNModel,
    recipe: Recipe,
    samples: Samples,
    copies: Sequence[Tensor],
    targets: Sequence[Tensor] | None,
    generator: torch.Generator,
) -> Stage:
    """The stage of a phase that `model` has entered.

    Parameters
    ----------
    phase : Phase
    model : SPNModel
    recipe : Recipe
    samples : Samples
    copies : sequence of uint8, (samples, pixels)
        Of the training set; each epoch takes the next one.
    targets : sequence of float, (samples, classes), optional
        What the teachers say about each copy.
    generator : torch.Generator
    """
    labels = samples.y_train
    weights = zip(recipe.of_layers("wb_sparsity"), recipe.of_layers("wc_sparsity"), strict=True)
    penalties = torch.tensor(list(weights), device=labels.device)

    def loss(epoch: int, batch: Tensor) -> Tensor:
        batch, copy = batch.to(labels.device), epoch % len(copies)
        logits = model.class_logits(model(copies[copy][batch].float()))
        result = cross_entropy(logits, labels[batch])
        if targets is not None:
            taught = distilled(logits, targets[copy][batch], recipe.temperature)
            result = torch.lerp(result, taught, recipe.distillation)
        if phase != "frozen" and penalties.any():
            densities = [layer.densities() for layer in model.spn_layers()]
            result = result + (penalties * torch.stack(densities)).sum()
        return result

    def prepare(done: float) -> None:
        if phase == "ternary":
            share = min(1.0, done / recipe.ternary_ramp) if recipe.ternary_ramp > 0 else 1.0
            for layer in model.spn_layers():
                layer.ternary_share = share

    def settle() -> None:
        """Hold the weights where a step can still change their ternary entries."""
        with torch.no_grad():
            for layer in model.spn_layers():
                layer.wb.clamp_(-1, 1)
                layer.wc.clamp_(-1, 1)

    def accuracy() -> float:
        predicted = evaluate(model, samples.x_test.cpu().numpy())["classes"][:, 0]
        return float((predicted == samples.y_test.cpu().numpy()).mean())

    epochs = {
        "full": recipe.full_epochs,
        "ternary": recipe.ternary_epochs,
        "frozen": recipe.frozen_epochs,
    }
    rates = {"full": recipe.full_rate, "ternary": recipe.ternary_rate, "frozen": recipe.frozen_rate}
    return Stage(
        name=phase,
        module=model,
        epochs=epochs[phase],
        rate=rates[phase],
        samples=len(labels),
        batch=recipe.batch,
        generator=generator,
        loss=loss,
        accuracy=accuracy,
        prepare=prepare,
        settle=settle if phase != "frozen" else lambda: None,
    )
