"""The trainable sum-product layer, from full precision to the integers that the hardware has."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from mulbudget.spn import SumProduct
from mulbudget.train import quantizers

Phase = Literal["full", "ternary", "frozen"]
WcKind = Literal["learned", "identity"]


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


class SPNLinear(nn.Module):
    """y = Wc [a * BN(Wb x)] + bias (StrassenNets, equation 1 and section 3).

    It takes integers, held in floats, and gives real numbers; once frozen, these are the integers
    of the hardware times a power of two. Phases: "full" precision; "ternary" Wb and Wc with a
    straight-through gradient; "frozen", where Wb and Wc stay, batch norm is folded, and a and the
    bias are rounded in the forward pass.

    Parameters
    ----------
    in_features, out_features : int
    r : int
        Products.
    wc : "learned" or "identity"
        "identity" is the ternary-weight layer, without output adders; it needs r = out_features.
    unit : int, optional
        Binary places of the activation that takes the output; None where logits come out.
    precision : Precision, optional
    generator : torch.Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        When a size is less than 1, or the identity does not fit.
    """

    fraction: Tensor
    """Once frozen: the output is integers times 2**-fraction."""

    _allowed: Tensor

    def __init__(
        self,
        in_features: int,
        out_features: int,
        r: int,
        wc: WcKind = "learned",
        *,
        unit: int | None = None,
        precision: Precision | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if min(in_features, out_features, r) < 1:
            raise ValueError(f"sizes must be positive, not {in_features}, {out_features}, {r}")
        if wc == "identity" and r != out_features:
            raise ValueError(f"an identity Wc needs r = {out_features}, not {r}")
        self.phase: Phase = "full"
        self.wc_kind: WcKind = wc
        self.unit = unit
        self.precision = precision or Precision()
        self.ternary_share = 1.0
        self.wb = nn.Parameter(_uniform(r, in_features, generator))
        self.wc = nn.Parameter(
            torch.eye(r) if wc == "identity" else _uniform(out_features, r, generator),
            requires_grad=wc == "learned",
        )
        self.norm = nn.BatchNorm1d(r)
        self.a = nn.Parameter(torch.full((r,), 1.0 if wc == "identity" else math.sqrt(3 / r)))
        self.bias = nn.Parameter(torch.zeros(out_features))
        self.register_buffer("fraction", torch.zeros((), dtype=torch.int64))
        allowed = quantizers.multiplicands(self.precision.a_bits, self.precision.a_digits)
        self.register_buffer("_allowed", torch.tensor(allowed, dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        """(samples, in_features) to (samples, out_features)."""
        if self.phase == "frozen":
            return self._frozen(x)
        wb, wc = self.wb, self.wc
        if self.phase == "ternary":
            wb, wc = self._blend(wb, *self._wb()), self._blend(wc, *self._wc())
        return nn.functional.linear(self.a * self.norm(x @ wb.T), wc, self.bias)

    def freeze(self) -> None:
        """Enter phase "frozen": Wb and Wc become their ternary entries, the rest folds.

        Batch norm and the scales fold into a and the bias; the power of two that a is counted in is
        chosen so that its largest entry has `a_bits` bits.
        """
        with torch.no_grad():
            (wb, wb_scale), (wc, wc_scale) = self._wb(), self._wc()
            deviation = torch.sqrt(self.norm.get_buffer("running_var") + self.norm.eps)
            slope = self.norm.weight / deviation
            offset = self.norm.bias - self.norm.get_buffer("running_mean") * slope
            bias = self.bias + wc @ (self.a * offset) * wc_scale
            a = self.a * slope * wb_scale * wc_scale
            bits = self.precision.a_bits
            largest = max(float(a.abs().max()), 2.0**-_MOST_PLACES)
            places = math.floor(math.log2(((1 << bits) - 0.5) / largest))
            # Requantize only shifts right, so there are at least as many places as it keeps.
            self.fraction.fill_(min(max(places, self.unit or 0), _MOST_PLACES))
            self.wb.copy_(wb)
            self.wc.copy_(wc)
            # Held between -1 and 1, so that one learning rate suits every layer.
            self.a.copy_(a * 2.0 ** (int(self.fraction) - bits))
            self.bias.copy_(bias)
        self.mark_frozen()

    def mark_frozen(self) -> None:
        """Set phase "frozen" for weights that are folded already, as those of a checkpoint are."""
        self.phase = "frozen"
        for parameter in (self.wb, self.wc, *self.norm.parameters()):
            parameter.requires_grad_(False)

    def operator(self, input_fraction: int) -> SumProduct:
        """The frozen layer as integers, for an input with `input_fraction` binary places."""
        a, bias = self._integers()
        return SumProduct(
            wb=_array(self.wb, np.int8),
            a=_array(a, np.int64),
            wc=_array(self.wc, np.int8),
            bias=_array(bias.double() * 2.0 ** int(self.fraction), np.int64),
            fraction=int(self.fraction) - input_fraction,
        )

    def densities(self) -> Tensor:
        """Mean magnitude of Wb and of Wc over their largest: what the sparsity penalty lowers."""
        return torch.stack([self.wb.abs().mean(), self.wc.abs().mean()])

    def _frozen(self, x: Tensor) -> Tensor:
        a, bias = self._integers()
        # Powers of two: exact in floats, so the order of the factors does not matter.
        unit = 2.0 ** -int(self.fraction)
        u = x @ self.wb.to(x.dtype).T
        return nn.functional.linear(u * (a.to(x.dtype) * unit), self.wc.to(x.dtype), bias.to(x))

    def _integers(self) -> tuple[Tensor, Tensor]:
        """Rounded a, integers, and the rounded bias, real; with straight-through gradients."""
        a = quantizers.nearest(self.a * 2.0**self.precision.a_bits, self._allowed)
        places, unit = self.precision.bias_places, self.unit or 0
        step = 2.0 ** -min(unit + places, int(self.fraction))
        # Without places below the unit, half a unit off: Requantize adds the other half.
        halved = self.unit is not None and places == 0 and unit < int(self.fraction)
        shift = 0.5 if halved else 0.0
        bias = (quantizers.rounded(self.bias / step + shift) - shift) * step
        return a, bias

    def _blend(self, weights: Tensor, entries: Tensor, scale: Tensor) -> Tensor:
        blended = torch.lerp(weights, scale * entries, self.ternary_share)
        return quantizers.straight_through(weights, blended)

    def _wb(self) -> tuple[Tensor, Tensor]:
        return self._ternary(self.wb, self.precision.wb_threshold, alive=1)

    def _wc(self) -> tuple[Tensor, Tensor]:
        if self.wc_kind == "identity":
            return self.wc, self.wc.new_ones(())
        return self._ternary(self.wc, self.precision.wc_threshold, alive=0)

    def _ternary(self, weights: Tensor, factor: float, alive: int) -> tuple[Tensor, Tensor]:
        quantizer = self.precision.quantizer
        entries = quantizers.ternary(weights, quantizer=quantizer, factor=factor, alive=alive)
        if quantizer == "fixed":
            return entries, weights.new_ones(())
        return entries, quantizers.scale(weights, entries)


class Activation(nn.Module):
    """ReLU; rounded to `bits` bits with `fraction` binary places unless `exact`. Gives integers.

    The rounding is that of Requantize, and its gradient goes straight through.
    """

    def __init__(self, bits: int, fraction: int) -> None:
        super().__init__()
        self.high = (1 << bits) - 1
        self.fraction = fraction
        self.exact = True

    def forward(self, x: Tensor) -> Tensor:
        """Real numbers to integers from 0 to 2**bits - 1, held in floats."""
        x = x * 2.0**self.fraction
        return torch.relu(x) if self.exact else quantizers.rounded(x).clamp(0, self.high)


def _uniform(rows: int, columns: int, generator: torch.Generator | None) -> Tensor:
    """From -1 to 1: batch norm and a take care of the scale."""
    return torch.rand(rows, columns, generator=generator) * 2 - 1


def _array(values: Tensor, dtype: type) -> np.ndarray:
    return values.detach().cpu().double().numpy().astype(dtype)
