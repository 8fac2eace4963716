"""Convolutional networks, on images."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mulbudget.spn import UserError
from mulbudget.train.architectures import ARCHITECTURES
from mulbudget.train.dataset import CLASSES, Dataset
from mulbudget.train.decompose import can_start
from mulbudget.train.graph import GraphModel
from mulbudget.train.layers import Precision, SumProductLayer
from mulbudget.train.recipe import ImageRecipe, each_layer
from mulbudget.train.samples import Samples
from mulbudget.train.seeds import seeded
from mulbudget.train.strassenify import strassenify
from mulbudget.train.trace import LAYERS


class ImageTask:
    """`Task` of an `ImageRecipe`: a full-precision network, and what `strassenify` makes of it.

    Parameters
    ----------
    recipe : ImageRecipe
    data : Dataset
    samples : Samples
    multipliers : int, optional
        Multiplications for one image.
    r : sequence of int, optional
        Products of each layer. Without both, the recipe's own.

    Raises
    ------
    UserError
        When the values do not fit the layers.
    """

    def __init__(
        self,
        recipe: ImageRecipe,
        data: Dataset,
        samples: Samples,
        *,
        multipliers: int | None = None,
        r: Sequence[int] | None = None,
    ) -> None:
        if multipliers is not None and r is not None:
            raise UserError(
                "--multipliers and --r exclude each other: give the budget or its split"
            )
        self.recipe = recipe
        self.samples = samples
        self.budget = multipliers
        self.network_input = data.input
        self.given_r = r
        # The sizes are looked at before anything is trained.
        model = self.student(None, torch.Generator().manual_seed(0))
        layers = model.spn_layers()
        _check_start(recipe, layers)
        penalty = [[recipe.wb_sparsity, recipe.wc_sparsity]] * len(layers)
        self.penalties = torch.tensor(penalty, device=samples.x_train.device)
        self.sizes = {"channels": recipe.channels, "r": [layer.r for layer in layers]}

    def teacher(self, generator: torch.Generator) -> nn.Module:
        """The untrained network in full precision, for what the student takes."""
        make = ARCHITECTURES[self.recipe.name]
        with seeded(generator):
            module = make(self.recipe.channels, self.network_input.shape, CLASSES)
        return module.to(self.samples.x_train.device)

    def teacher_input(self, pixels: Tensor) -> Tensor:
        """Images of pixels from 0 to 1."""
        return pixels.view(-1, *self.network_input.shape) * 2.0**-self.network_input.fraction

    def student(self, first: nn.Module | None, generator: torch.Generator) -> GraphModel:
        """The untrained sum-product network; `first` may be what it starts from."""
        recipe, model = self.recipe, first or self.teacher(generator)
        names = [name for name, each in model.named_modules() if isinstance(each, LAYERS)]
        settings = {
            name: dict(zip(names, each_layer(name, getattr(recipe, name), len(names)), strict=True))
            for name in ("r", "p", "g")
        }
        if self.given_r is not None:
            settings["r"] = dict(zip(names, self._given(self.given_r, len(names)), strict=True))
        return strassenify(
            model,
            self.teacher_input(self.samples.x_train[:_EXAMPLES].float()),
            r=settings["r"] if self.budget is None else None,
            budget=self.budget,
            p=settings["p"],
            g=settings["g"],
            activation_bits=recipe.activation_bits,
            precision=Precision(
                quantizer=recipe.quantizer,
                wb_threshold=recipe.wb_threshold,
                wc_threshold=recipe.wc_threshold,
                a_bits=recipe.a_bits,
                a_digits=recipe.a_digits,
                bias_places=recipe.bias_places,
            ),
            input_fraction=self.network_input.fraction,
            start="random" if first is None else recipe.start,
            generator=generator,
        )

    def _given(self, r: Sequence[int], layers: int) -> Sequence[int]:
        if len(r) != layers:
            raise UserError(
                f"r has {len(r)} values, and recipe {self.recipe.name} has {layers} layers: give "
                f"{layers}"
            )
        return r


def _check_start(recipe: ImageRecipe, layers: Sequence[SumProductLayer]) -> None:
    """Raise `UserError` where a layer begins at random, and no phase changes Wb and Wc."""
    if recipe.full_epochs or recipe.ternary_epochs:
        return
    for number, layer in enumerate(layers, start=1):
        outputs = len(layer.bias)
        if recipe.start == "random":
            reason = "start is random"
        elif can_start(layer):
            continue
        elif layer.r < outputs:
            reason = f"its {layer.r} products are fewer than the {outputs} outputs of a patch"
        else:
            reason = "g is not 1"
        raise UserError(
            f"layer {number} would stay random, for {reason}, and recipe {recipe.name} has epochs "
            "of phase frozen only: change the one, or --set full_epochs=4 --set ternary_epochs=16"
        )


_EXAMPLES = 512
"""Samples that first means and variances are taken of."""
