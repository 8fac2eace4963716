"""Ternary quantizers with a straight-through gradient, and rounding for what stays integer.

The gradient of every function here is that of the identity, without a clipping mask
(StrassenNets, section 3.1), but for activations, which are clamped.
"""

import math
from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor, nn

Quantizer = Literal["fixed", "scaled"]


def straight_through(value: Tensor, quantized: Tensor) -> Tensor:
    """`quantized` forwards, the gradient of `value` backwards."""
    with torch.no_grad():
        difference = quantized - value
    return value + difference


def ternary(weights: Tensor, *, quantizer: Quantizer, factor: float, alive: int) -> Tensor:
    """The entries -1, 0 and 1 of a weight matrix, without gradient.

    Parameters
    ----------
    weights : float, (rows, columns)
    quantizer : "fixed" or "scaled"
        Entries stay where their magnitude exceeds `factor` ("fixed"; 0.5 is customary), or
        `factor` times the mean magnitude ("scaled"; ternary weight networks use 0.7, and 1.2 to
        1.6 makes sparser matrices).
    factor : float
        Threshold factor.
    alive : 0 or 1
        Along this axis, a slice that would be all zeros keeps its largest entry. Use 1 for the
        rows of Wb and 0 for the columns of Wc: a product without input or output is wasted.
    """
    with torch.no_grad():
        threshold = factor
        if quantizer == "scaled":
            threshold = float(factor * weights.abs().mean())
        entries = nn.functional.hardshrink(weights, threshold).sign_()
        if bool(entries.any(dim=alive).all()):
            return entries
        magnitude = weights.abs()  # hardly ever, and slow
        largest = magnitude.amax(dim=alive, keepdim=True)
        kept = _first(magnitude == largest, alive) & (largest <= threshold)
        # A weight of exactly 0 that has to stay counts as positive.
        return torch.where(kept, torch.where(weights < 0, -1.0, 1.0).to(weights.dtype), entries)


def scale(weights: Tensor, entries: Tensor) -> Tensor:
    """The per-tensor scale of the scaled quantizer: mean magnitude of the entries that stay."""
    kept = entries.abs()
    return ((weights.abs() * kept).sum() / kept.sum()).detach()


def rounded(value: Tensor) -> Tensor:
    """The nearest integer, halves upwards as Requantize has it."""
    return straight_through(value, torch.floor(value.detach() + 0.5))


def clamped(value: Tensor, low: float, high: float) -> Tensor:
    """`value.clamp(low, high)`, with the same gradient in less time."""
    return _Clamped.apply(value, low, high)


def rounded_between(value: Tensor, low: int, high: int, fraction: int = 0) -> Tensor:
    """The nearest integers times 2**-fraction, of the integers from `low` to `high`.

    The gradient is that of the identity where it is not clamped, and else 0: what `rounded` and a
    clamp behind it give, in less time.

    Parameters
    ----------
    value : float, any shape
    low, high : int
    fraction : int
        Binary places.
    """
    return _Rounded.apply(value, low, high, 2.0**fraction)


def multiplicands(bits: int, digits: int) -> list[int]:
    """Positive integers below 2**bits that cost at most `digits` - 1 adders as a constant factor.

    Parameters
    ----------
    bits : int
        At least 1.
    digits : int
        Non-zero digits in signed-digit form, at least 1; `bits` or more allows every integer.
    """
    return [value for value in range(1, 1 << bits) if signed_digits(value) <= digits]


def signed_digits(value: int) -> int:
    """Non-zero digits of the canonical signed-digit form of `value`."""
    return (value ^ (3 * value)).bit_count()


def nearest(value: Tensor, allowed: Tensor) -> Tensor:
    """Each value's nearest in `allowed` by magnitude, with its sign; 0 counts as positive.

    Parameters
    ----------
    value : float, any shape
    allowed : (n,)
        Positive, ascending.
    """
    with torch.no_grad():
        middles = (allowed[1:] + allowed[:-1]) / 2
        chosen = allowed[torch.bucketize(value.abs(), middles)]
        quantized = torch.where(value < 0, -chosen, chosen)
    return straight_through(value, quantized)


class _Clamped(torch.autograd.Function):
    """The gradient passes at the bounds themselves too, as it does with `Tensor.clamp`."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, low: float, high: float) -> Tensor:
        ctx.save_for_backward(value)
        ctx.bounds = low, high
        return value.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        (value,) = ctx.saved_tensors
        return _passed(grad_outputs[0], value, *_around(*ctx.bounds, value.dtype)), None, None


class _Rounded(torch.autograd.Function):
    """Multiplied by a power of two, rounded, clamped, and divided by it again."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, low: int, high: int, scale: float) -> Tensor:
        integers = (value * scale).add_(0.5).floor_()
        ctx.save_for_backward(integers)
        ctx.bounds = low - 0.5, high + 0.5
        return integers.clamp(low, high).div_(scale)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, None]:
        (integers,) = ctx.saved_tensors
        return _passed(grad_outputs[0], integers, *ctx.bounds), None, None, None


@cache
def _around(low: float, high: float, dtype: torch.dtype) -> tuple[float, float]:
    """The next numbers below and above."""
    bounds, outwards = torch.tensor([(low, high), (-math.inf, math.inf)], dtype=dtype)
    below, above = torch.nextafter(bounds, outwards).tolist()
    return below, above


def _passed(gradient: Tensor, value: Tensor, below: float, above: float) -> Tensor:
    """The gradient where the value is between the two, which are out, and else 0.

    That of `Tensor.clamp` is a `torch.where`, which takes ten times as long on CPUs.
    """
    return torch.ops.aten.hardtanh_backward(gradient, value, below, above)


def _first(mask: Tensor, axis: int) -> Tensor:
    """Only the first True along `axis`."""
    return mask & (mask.to(torch.int64).cumsum(dim=axis) == 1)
