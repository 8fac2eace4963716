"""Networks of units in layers, on flat images."""

import torch
from torch import Tensor, nn

from mulbudget.train.budget import Shape
from mulbudget.train.dataset import CLASSES, Dataset
from mulbudget.train.layers import Precision
from mulbudget.train.model import SPNModel
from mulbudget.train.recipe import DenseRecipe
from mulbudget.train.seeds import seeded
from mulbudget.train.teacher import Dropout


class DenseTask:
    """`Task` of a `DenseRecipe`: `SPNModel`, taught by two wide hidden layers.

    Parameters
    ----------
    recipe : DenseRecipe
    shape : Shape
    data : Dataset
    device : torch.device
    """

    def __init__(
        self, recipe: DenseRecipe, shape: Shape, data: Dataset, device: torch.device
    ) -> None:
        self.recipe = recipe
        self.shape = shape
        self.device = device
        self.high = max(data.input.range.high)
        self.network_input = data.input.flat
        weights = zip(recipe.of_layers("wb_sparsity"), recipe.of_layers("wc_sparsity"), strict=True)
        self.penalties = torch.tensor(list(weights), device=device)
        self.sizes = {"widths": shape.widths, "r": shape.r}

    def teacher(self, generator: torch.Generator) -> nn.Module:
        """An untrained teacher: two hidden layers with batch norm, for pixels from 0 to 1."""
        width, blocks = self.recipe.teacher_width, []
        with seeded(generator):
            for inputs in (self.shape.widths[0], width):
                blocks += [
                    nn.Linear(inputs, width),
                    nn.BatchNorm1d(width),
                    nn.ReLU(),
                    Dropout(self.recipe.teacher_dropout, generator),
                ]
            module = nn.Sequential(*blocks, nn.Linear(width, CLASSES))
        return module.to(self.device)

    def teacher_input(self, pixels: Tensor) -> Tensor:
        """Pixels from 0 to 1."""
        return pixels / self.high

    def student(self, first: nn.Module | None, generator: torch.Generator) -> SPNModel:  # noqa: ARG002 (as of images)
        """An untrained network."""
        recipe = self.recipe
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
            self.shape.widths,
            self.shape.r,
            recipe.of_layers("wc"),
            precision,
            activation_bits=recipe.activation_bits,
            activation_fraction=recipe.activation_fraction,
            outputs_per_class=recipe.outputs_per_class,
            generator=generator,
        ).to(self.device)
