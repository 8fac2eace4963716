"""The trainable sum-product layer, from full precision to the integers that the hardware has."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from mulbudget.spn import Convolution, SumProduct
from mulbudget.train import quantizers
from mulbudget.train.precision import Multiplicands, Phase, Precision, WcKind, as_array

__all__ = ["Phase", "Precision", "SPNLinear", "SumProductLayer", "WcKind"]


class SumProductLayer(Multiplicands):
    """Wc [a * BN(Wb x)] + bias, with x the input or a window of it.

    Phases: "full" precision; "ternary" Wb and Wc with a straight-through gradient; "frozen", where
    Wb and Wc stay, batch norm is folded, and a and the bias are rounded in the forward pass.

    Parameters
    ----------
    wb : Tensor, (r, ...)
        Initial weights of the products.
    n_out : int
        Outputs: rows of Wc.
    wc : "learned", "identity" or "terms"
        "terms" gives each output the sum of as many products of its own, which begin with halved
        multiplicands one after the other; r is a multiple of `n_out`.
    norm : nn.Module
        Batch norm of r channels.
    wc_groups : int
        Each output takes products of its own group only; divides `n_out` and r.
    unit, precision, generator
        As for `SPNLinear`.
    """

    def __init__(
        self,
        wb: Tensor,
        n_out: int,
        wc: WcKind,
        norm: nn.BatchNorm1d | nn.BatchNorm2d,
        *,
        wc_groups: int = 1,
        unit: int | None,
        precision: Precision | None,
        generator: torch.Generator | None,
    ) -> None:
        r, each = len(wb), len(wb) // wc_groups
        super().__init__(
            precision or Precision(), unit, _first(r, n_out, wc, wc_groups), torch.zeros(n_out)
        )
        self.wc_kind: WcKind = wc
        self.wc_groups = wc_groups
        self.ternary_share = 1.0
        self.wb = nn.Parameter(wb)
        self.wc = nn.Parameter(
            uniform((n_out, each), generator)
            if wc == "learned"
            else torch.eye(n_out // wc_groups).repeat(wc_groups, r // n_out),
            requires_grad=wc == "learned",
        )
        self.norm = norm

    @property
    def r(self) -> int:
        """Products."""
        return len(self.wb)

    def forward(self, x: Tensor) -> Tensor:
        """Real numbers to real numbers; once frozen, integers times a power of two to the same."""
        if self.phase == "frozen":
            a, bias = self._integers()
            # Powers of two: exact in floats, so the order of the factors does not matter.
            a, bias = a.to(x.dtype) * 2.0 ** -int(self.places), bias.to(x.dtype)
            z = self.products(x, self.wb.to(x.dtype))
            return self._outputs(x, self._each(a) * z, self.wc.to(x.dtype), bias)
        wb, wc = self.wb, self.wc
        if self.phase == "ternary":
            wb, wc = self._blend(wb, *self._wb()), self._blend(wc, *self._wc())
        z = self._each(self.a) * self.norm(self.products(x, wb))
        return self._outputs(x, z, wc, self.bias)

    def freeze(self, input_fraction: int = 0) -> int:
        """Enter phase "frozen": Wb and Wc become their ternary entries, the rest folds.

        Batch norm and the scales fold into a and the bias; the power of two that a is counted in is
        chosen so that its largest entry has `a_bits` bits.

        Parameters
        ----------
        input_fraction : int
            The layer takes integers times 2**-input_fraction.

        Returns
        -------
        int
            Binary places of the output.
        """
        with torch.no_grad():
            (wb, wb_scale), (wc, wc_scale) = self._wb(), self._wc()
            slope, offset = folded(self.norm)
            bias = self.bias + self._combined(wc, self.a * offset) * wc_scale
            self._fold(self.a * slope * wb_scale * wc_scale, bias, input_fraction)
            self.wb.copy_(wb)
            self.wc.copy_(wc)
        self.mark_frozen()
        return int(self.fraction)

    def mark_frozen(self) -> None:
        """Set phase "frozen" for weights that are folded already, as those of a checkpoint are."""
        self.phase = "frozen"
        for parameter in (self.wb, self.wc, *self.norm.parameters()):
            parameter.requires_grad_(False)

    def operator(self, input_fraction: int) -> SumProduct | Convolution:
        """The frozen layer as integers, for an input with `input_fraction` binary places."""
        raise NotImplementedError

    def densities(self) -> Tensor:
        """Mean magnitude of Wb and of Wc over their largest: what the sparsity penalty lowers."""
        return torch.stack([self.wb.abs().mean(), self.wc.abs().mean()])

    def products(self, x: Tensor, wb: Tensor) -> Tensor:
        """What a multiplies: Wb of each window, (samples, r, *positions)."""
        raise NotImplementedError

    def _outputs(self, x: Tensor, z: Tensor, wc: Tensor, bias: Tensor) -> Tensor:
        """Of the products `z` of the input `x`."""
        raise NotImplementedError

    def _each(self, a: Tensor) -> Tensor:
        """One number per product, in the shape that goes with the products of any sample."""
        return a

    def _combined(self, wc: Tensor, products: Tensor) -> Tensor:
        """Wc of one vector of products."""
        groups = zip(wc.chunk(self.wc_groups), products.chunk(self.wc_groups), strict=True)
        return torch.cat([rows @ each for rows, each in groups])

    def _blend(self, weights: Tensor, entries: Tensor, scale: Tensor) -> Tensor:
        with torch.no_grad():
            blended = torch.lerp(weights, scale * entries, self.ternary_share)
        return quantizers.straight_through(weights, blended)

    def _wb(self) -> tuple[Tensor, Tensor]:
        rows = self.wb.flatten(1)
        entries, scale = self._ternary(rows, self.precision.wb_threshold, alive=1)
        return entries.reshape(self.wb.shape), scale

    def _wc(self) -> tuple[Tensor, Tensor]:
        if self.wc_kind != "learned":
            return self.wc, self.wc.new_ones(())
        blocks = self.wc.unflatten(0, (self.wc_groups, -1))
        entries, scale = self._ternary(blocks, self.precision.wc_threshold, alive=1)
        return entries.flatten(0, 1), scale

    def _ternary(self, weights: Tensor, factor: float, alive: int) -> tuple[Tensor, Tensor]:
        quantizer = self.precision.quantizer
        entries = quantizers.ternary(weights, quantizer=quantizer, factor=factor, alive=alive)
        if quantizer == "fixed":
            return entries, weights.new_ones(())
        return entries, quantizers.scale(weights, entries)


class SPNLinear(SumProductLayer):
    """y = Wc [a * BN(Wb x)] + bias (StrassenNets, equation 1 and section 3).

    It takes integers, held in floats, or integers times a power of two, and gives real numbers;
    once frozen, these are the integers of the hardware times a power of two. See `SumProductLayer`
    for its phases.

    Parameters
    ----------
    in_features, out_features : int
    r : int
        Products.
    wc : "learned", "identity" or "terms"
        "identity" is the ternary-weight layer, without output adders; it needs r = out_features.
        "terms" sums r / out_features products of its own for each output.
    unit : int, optional
        Binary places of the activation that takes the output; None where logits come out.
    precision : Precision, optional
    generator : torch.Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        When a size is less than 1, or r does not fit the outputs of a fixed Wc.
    """

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
        if min(in_features, out_features, r) < 1:
            raise ValueError(f"sizes must be positive, not {in_features}, {out_features}, {r}")
        if wc == "identity" and r != out_features:
            raise ValueError(f"an identity Wc needs r = {out_features}, not {r}")
        if wc == "terms" and r % out_features:
            raise ValueError(f"a Wc of terms needs a multiple of {out_features} products, not {r}")
        super().__init__(
            uniform((r, in_features), generator),
            out_features,
            wc,
            nn.BatchNorm1d(r),
            unit=unit,
            precision=precision,
            generator=generator,
        )

    def operator(self, input_fraction: int) -> SumProduct:
        """The frozen layer as integers, for an input with `input_fraction` binary places."""
        a, bias = self._operator_numbers()
        return SumProduct(
            wb=as_array(self.wb, np.int8),
            a=a,
            wc=as_array(self.wc, np.int8),
            bias=bias,
            fraction=int(self.fraction) - input_fraction,
        )

    def products(self, x: Tensor, wb: Tensor) -> Tensor:
        """Wb of each vector, (samples, r)."""
        return x @ wb.T

    def _outputs(self, x: Tensor, z: Tensor, wc: Tensor, bias: Tensor) -> Tensor:  # noqa: ARG002 - images need x
        return nn.functional.linear(z, wc, bias)


def folded(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """What a batch norm multiplies by in evaluation mode, and then adds; (channels,) each."""
    deviation = torch.sqrt(norm.get_buffer("running_var") + norm.eps)
    slope = norm.weight / deviation
    return slope, norm.bias - norm.get_buffer("running_mean") * slope


def uniform(shape: tuple[int, ...], generator: torch.Generator | None) -> Tensor:
    """From -1 to 1: batch norm and a take care of the scale."""
    return torch.rand(shape, generator=generator) * 2 - 1


def _first(r: int, n_out: int, wc: WcKind, wc_groups: int) -> Tensor:
    """Initial multiplicands: what leaves the outputs about as large as the products."""
    if wc == "learned":
        return torch.full((r,), math.sqrt(3 / (r // wc_groups)))
    terms = 2.0 ** -torch.arange(r // n_out)
    return terms.repeat_interleave(n_out // wc_groups).repeat(wc_groups)
