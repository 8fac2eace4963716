"""Dense networks of few-bit weights: trained by Brevitas, as integers."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from bench import quantized
from bench.course import Course
from bench.peers import DenseLayer
from mulbudget.train.dataset import CLASSES
from mulbudget.train.fit import Descent, Stage
from mulbudget.train.layers import folded
from mulbudget.train.seeds import generator_for, seeded

_BIAS_PLACES = 1
"""Of a bias below a unit of what comes out, as by default in recipes."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Dense:
    """A network of dense layers.

    Parameters
    ----------
    hidden : int
        Units of the one hidden layer.
    weight_bits : int
    zeros : float
        Share of the weights, the smallest of each layer, that are pruned; half of it in the last
        layer, which has few.
    ternary_epochs : int, optional
        Those of the recipe by default: the phase in which its weights become ternary is the one in
        which these have few bits, and the epochs of the last phase come on top.
    """

    hidden: int
    weight_bits: int
    zeros: float = 0.0
    ternary_epochs: int | None = None

    @property
    def name(self) -> str:
        """In words."""
        pruned = f", {self.zeros * 100:g}% of the weights pruned" if self.zeros else ""
        longer = f", ternary_epochs={self.ternary_epochs}" if self.ternary_epochs else ""
        return f"{self.hidden} hidden units, {self.weight_bits}-bit weights{pruned}{longer}"


def logits(layers: Sequence[DenseLayer], x: npt.ArrayLike) -> Integers:
    """What the layers give for integer pixels, one sample a row."""
    v = np.asarray(x, dtype=np.int64)
    for layer in layers:
        v = layer.run(v)
    return v


class _Floats(nn.Module):
    """In full precision, with batch norms behind each layer."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        pairs = list(pairwise(widths))
        self.layers = [nn.Linear(*pair) for pair in pairs]
        self.norms = [nn.BatchNorm1d(n_out) for _, n_out in pairs]
        self.learned = nn.ModuleList([*self.layers, *self.norms])

    def forward(self, x: Tensor) -> Tensor:
        for layer, norm in zip(self.layers[:-1], self.norms[:-1], strict=True):
            x = relu(norm(layer(x)))
        return self.norms[-1](self.layers[-1](x))

    def folded(self) -> list[tuple[Tensor, Tensor]]:
        """Weights and bias of each layer with its batch norm."""
        made = []
        for layer, norm in zip(self.layers, self.norms, strict=True):
            slope, offset = folded(norm)
            made.append((layer.weight * slope[:, None], layer.bias * slope + offset))
        return made


def learn(course: Course, wanted: Dense) -> list[DenseLayer]:
    """A dense network from the lessons and in the epochs that sum-product networks have.

    First in full precision, then with quantized weights and activations.
    """
    recipe, fraction = course.recipe, course.data.input.fraction
    widths = (course.data.x_train.shape[1], wanted.hidden, CLASSES)
    generator = generator_for(course.seed, "student")
    with seeded(generator):
        floats = _Floats(widths)
        with torch.no_grad():
            floats.layers[0].weight.mul_(course.seen)
    inputs = _scaled(fraction)
    _fit(course, "full", floats, inputs, generator, recipe.full_epochs)
    with seeded(generator), torch.no_grad():
        model = quantized.FixedPoint(widths, wanted.weight_bits, recipe.activation_bits)
        for layer, (weight, bias) in zip(model.linears, floats.folded(), strict=True):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
    masks = [torch.ones_like(layer.weight) for layer in model.linears]

    def prune(done: float) -> None:
        """More and more of the smallest weights, until half of the epochs are over."""
        ramp = 1 - (1 - min(1.0, 2 * done)) ** 3
        shares = [wanted.zeros * ramp] * len(masks)
        shares[-1] /= 2
        for layer, mask, share in zip(model.linears, masks, shares, strict=True):
            sizes = layer.weight.detach().abs() * mask
            kept = max(1, round(sizes.numel() * (1 - share)))
            mask.copy_(sizes >= sizes.flatten().topk(kept).values[-1])

    def settle() -> None:
        with torch.no_grad():
            for layer, mask in zip(model.linears, masks, strict=True):
                layer.weight.mul_(mask)

    epochs = (wanted.ternary_epochs or recipe.ternary_epochs) + recipe.frozen_epochs
    _fit(course, "ternary", model, inputs, generator, epochs, prune, settle)
    return integers(model, fraction, recipe.activation_bits)


def _scaled(fraction: int) -> Callable[[Tensor], Tensor]:
    return lambda x: x.float() * 2.0**-fraction


def _fit(
    course: Course,
    phase: str,
    module: nn.Module,
    inputs: Callable[[Tensor], Tensor],
    generator: torch.Generator,
    epochs: int,
    prepare: Callable[[float], None] = lambda _: None,
    settle: Callable[[], None] = lambda: None,
) -> None:
    recipe, lessons = course.recipe, course.lessons
    Stage(
        name=phase,
        module=module,
        epochs=epochs,
        descent=Descent(rate=recipe.full_rate if phase == "full" else recipe.frozen_rate),
        samples=len(course.data.x_train),
        batch=recipe.batch,
        generator=generator,
        draw=lessons.draw,
        loss=lambda run, x, *told: lessons.loss(run(inputs(x)), x, *told),
        accuracy=lambda: math.nan,  # nobody looks at a learning curve
        prepare=prepare,
        settle=settle,
    ).fit(lambda *_: None)


def integers(model: Any, fraction: int, activation_bits: int) -> list[DenseLayer]:
    """The layers with every power of two that scales them; biases are rounded."""
    model.eval()
    layers, last = [], len(model.linears) - 1
    for number, linear in enumerate(model.linears):
        weights = linear.quant_weight()
        value = weights.value.detach().double().numpy()
        places = int(-np.log2(weights.scale.detach().double().numpy().min()))
        total = places + fraction
        given = _places(model.relus[number]) if number < last else None
        step = max(total - (given or 0) - _BIAS_PLACES, 0)
        bias = linear.bias.detach().double().numpy() * 2.0**total
        bias = (np.floor(bias / 2.0**step + 0.5) * 2.0**step).astype(np.int64)
        shift = 0 if given is None else total - given
        if shift < 0:
            raise RuntimeError("activations are finer than the sums that they are made of")
        layers.append(
            DenseLayer(
                np.rint(value * 2.0**places).astype(np.int64),
                bias + (1 << shift >> 1),
                shift,
                None if given is None else (1 << activation_bits) - 1,
            )
        )
        fraction = given or 0
    return layers


def _places(activation: Any) -> int:
    """Binary places of what a quantized ReLU gives."""
    return int(-np.log2(float(activation.act_quant.scale())))
