"""How the numbers of a sum-product layer become integers."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from mulbudget.train import quantizers

Phase = Literal["full", "ternary", "frozen"]
WcKind = Literal["learned", "identity", "terms"]
"""Learned, or fixed: an output is its one product, or the sum of products of its own."""


@dataclass(frozen=True, kw_only=True)
class Precision:
    """How a layer becomes integers.

    Parameters
    ----------
    quantizer : "fixed" or "scaled"
        Of Wb and Wc; see `quantizers.ternary`.
    wb_threshold, wc_threshold : float
        Its factors.
    a_bits : int
        The largest multiplicand has this many bits.
    a_digits : int
        Most signed digits of a multiplicand: by shift-and-add it costs `a_digits` - 1 adders.
    bias_places : int
        Binary places of the bias below a unit of the activation that follows, or of the logits.
        With 0 the bias and Requantize's rounding constant are together a multiple of the unit, so
        the hardware adds nothing below it.
    """

    quantizer: quantizers.Quantizer = "scaled"
    wb_threshold: float = 0.7
    wc_threshold: float = 0.7
    a_bits: int = 6
    a_digits: int = 6
    bias_places: int = 1


_MOST_PLACES = 24
"""Of a multiplicand: a layer of nearly all zeros would ask for any number."""

_NO_UNIT = -(1 << 20)


class Multiplicands(nn.Module):
    """What holds multiplicands a and a bias that are rounded once it is frozen.

    Parameters
    ----------
    precision : Precision
    unit : int, optional
        Binary places of the activation that takes the output; None where logits come out.
    a, bias : Tensor
        Initial values.
    """

    fraction: Tensor
    """Once frozen: the output is integers times 2**-fraction."""

    places: Tensor
    """Once frozen: binary places of a; the fraction less that of the input."""

    _unit: Tensor
    _allowed: Tensor

    def __init__(self, precision: Precision, unit: int | None, a: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.phase: Phase = "full"
        self.precision = precision
        self.a = nn.Parameter(a)
        self.bias = nn.Parameter(bias)
        for name in ("fraction", "places", "_unit"):
            self.register_buffer(name, torch.zeros((), dtype=torch.int64))
        self.unit = unit
        allowed = quantizers.multiplicands(precision.a_bits, precision.a_digits)
        self.register_buffer("_allowed", torch.tensor(allowed, dtype=torch.float32))

    @property
    def unit(self) -> int | None:
        """Binary places of the activation that takes the output; None where logits come out."""
        unit = int(self._unit)
        return None if unit == _NO_UNIT else unit

    @unit.setter
    def unit(self, unit: int | None) -> None:
        self._unit.fill_(_NO_UNIT if unit is None else unit)

    def _fold(self, a: Tensor, bias: Tensor, input_fraction: int) -> None:
        """Take over the numbers that batch norm and scales are folded into.

        The power of two that a is counted in is chosen so that its largest entry has `a_bits` bits.
        """
        bits, unit = self.precision.a_bits, self.unit
        largest = max(float(a.detach().abs().max()), 2.0**-_MOST_PLACES)
        places = math.floor(math.log2(((1 << bits) - 0.5) / largest))
        # Requantize only shifts right, so there are at least as many places as it keeps.
        least = places if unit is None else unit - input_fraction
        self.places.fill_(min(max(places, least), _MOST_PLACES))
        self.fraction.copy_(self.places + input_fraction)
        # Held between -1 and 1, so that one learning rate suits every layer.
        self.a.copy_(a * 2.0 ** (int(self.places) - bits))
        self.bias.copy_(bias)

    def _integers(self) -> tuple[Tensor, Tensor]:
        """Rounded a, integers, and the rounded bias, real; with straight-through gradients."""
        a = quantizers.nearest(self.a * 2.0**self.precision.a_bits, self._allowed)
        places, given, fraction = self.precision.bias_places, self.unit, int(self.fraction)
        unit = given or 0
        step = 2.0 ** -min(unit + places, fraction)
        # Without places below the unit, half a unit off: Requantize adds the other half.
        halved = given is not None and places == 0 and unit < fraction
        shift = 0.5 if halved else 0.0
        bias = (quantizers.rounded(self.bias / step + shift) - shift) * step
        return a, bias

    def _operator_numbers(self) -> tuple[np.ndarray, np.ndarray]:
        """Rounded a and bias, as int64."""
        a, bias = self._integers()
        return as_array(a, np.int64), as_array(bias.double() * 2.0 ** int(self.fraction), np.int64)


def as_array(values: Tensor, dtype: type) -> np.ndarray:
    """Integers held in floats, as a numpy array."""
    return values.detach().cpu().double().numpy().astype(dtype)
