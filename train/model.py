"""The trainable network: sum-product layers with activations between, and its phases."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mulbudget.train.activations import Activation
from mulbudget.train.layers import Phase, Precision, SPNLinear, SumProductLayer, WcKind
from mulbudget.train.phased import PhasedModel


class SPNModel(PhasedModel):
    """Layers of the widths `widths`, the last without activation.

    Parameters
    ----------
    widths : sequence of int
        Inputs, hidden units, outputs.
    r : sequence of int
        Products of each layer.
    wc : sequence of "learned", "identity" or "terms"
        Of each layer.
    precision : sequence of Precision
        Of each layer.
    activation_bits : int
        Of each hidden unit.
    activation_fraction : int
        Its binary places.
    outputs_per_class : int
        A power of two; see `class_logits`.
    generator : torch.Generator, optional
        Draws the initial weights.
    """

    def __init__(
        self,
        widths: Sequence[int],
        r: Sequence[int],
        wc: Sequence[WcKind],
        precision: Sequence[Precision],
        *,
        activation_bits: int,
        activation_fraction: int,
        outputs_per_class: int = 1,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.outputs_per_class = outputs_per_class
        self.layers = nn.ModuleList()
        units = [activation_fraction] * (len(widths) - 2) + [None]
        shapes = zip(widths[:-1], widths[1:], r, wc, units, precision, strict=True)
        for n_in, n_out, products, kind, unit, wanted in shapes:
            layer = SPNLinear(
                n_in, n_out, products, kind, unit=unit, precision=wanted, generator=generator
            )
            self.layers.append(layer)
        self.activation = Activation(activation_bits, activation_fraction)

    def forward(self, x: Tensor) -> Tensor:
        """Integers held in floats, (samples, n_in), to outputs."""
        *hidden, last = self.layers
        for layer in hidden:
            x = self.activation(layer(x))
        return last(x)

    def inputs(self, x: Tensor) -> Tensor:
        """The integers `x` as they are."""
        return x

    def class_logits(self, outputs: Tensor) -> Tensor:
        """(samples, n_out) to (samples, classes): each class as likely as its outputs together.

        Requantize rounds, so the first class has only half as many outputs as the others.
        """
        if self.outputs_per_class == 1:
            return outputs
        padding = (self.outputs_per_class // 2, 0)
        padded = nn.functional.pad(outputs, padding, value=-math.inf)
        return padded.unflatten(1, (-1, self.outputs_per_class)).logsumexp(dim=2)

    def spn_layers(self) -> list[SumProductLayer]:
        """The sum-product layers in order."""
        return [layer for layer in self.layers if isinstance(layer, SumProductLayer)]

    def enter(self, phase: Phase, *, folded: bool = False) -> None:
        """Set the phase of every layer; `folded` says that the weights are frozen ones already."""
        self.phase = phase
        self.activation.exact = phase == "full"
        for layer in self.spn_layers():
            if phase != "frozen":
                layer.phase = phase
            elif folded:
                layer.mark_frozen()
            else:
                layer.freeze()
