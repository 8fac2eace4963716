"""A layer that keeps a multiplication for each of its weights."""

import numpy as np
import torch
from torch import Tensor, nn

from mulbudget.spn import Convolution, Geometry, SumProduct, UserError
from mulbudget.train.convolutions import window_sums
from mulbudget.train.layers import folded
from mulbudget.train.precision import Multiplicands, Precision

_MOST_ENTRIES = 1 << 29
"""Of a Wb or Wc that gives each weight a product."""


class DenseLayer(Multiplicands):
    """y = W x + bias, the products of whose sum-product form are the weights themselves.

    Wb then picks the input of each weight, a is the weights, and Wc adds up those of each output:
    r = n_in n_out always suffices. Frozen, the weights are rounded as any multiplicands are.

    Parameters
    ----------
    weight : Tensor, (n_out, channels / groups, *kernel) or (n_out, n_in)
    bias : Tensor, (n_out,), optional
    geometry : Geometry, optional
        Of a convolution, without patches; None of a linear layer.
    groups : int
        Of a convolution.
    precision : Precision, optional
        Of the weights and the bias.

    Raises
    ------
    UserError
        When there are too many weights for matrices with a product for each.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None = None,
        geometry: Geometry | None = None,
        groups: int = 1,
        precision: Precision | None = None,
    ) -> None:
        entries = weight.numel() * max(len(weight), weight[0].numel())
        if entries > _MOST_ENTRIES:
            raise UserError(
                f"its {weight.numel():,} weights as products of their own take a matrix of "
                f"{entries:,} entries, and {_MOST_ENTRIES:,} are possible: make it a sum-product "
                "layer"
            )
        offset = weight.new_zeros(len(weight)) if bias is None else bias.detach().clone()
        super().__init__(precision or Precision(), None, weight.detach().clone(), offset)
        self.geometry = geometry
        self.groups = groups
        self.norm: nn.BatchNorm1d | nn.BatchNorm2d | None = None
        """A batch norm that stands behind it, and is folded when it freezes."""

    @property
    def r(self) -> int:
        """Products of a window."""
        return self.a.numel()

    def forward(self, x: Tensor) -> Tensor:
        """Real numbers to real numbers; once frozen, integers times a power of two to the same."""
        if self.phase == "frozen":
            a, bias = self._integers()
            return self._sums(x, a.to(x.dtype) * 2.0 ** -int(self.places), bias.to(x.dtype))
        y = self._sums(x, self.a, self.bias)
        return y if self.norm is None else self.norm(y)

    def freeze(self, input_fraction: int) -> int:
        """Enter phase "frozen": batch norm is folded, weights and bias are rounded.

        Returns
        -------
        int
            Binary places of the output.
        """
        with torch.no_grad():
            a, bias = self.a, self.bias
            if self.norm is not None:
                slope, offset = folded(self.norm)
                a = a * slope.reshape(-1, *(1,) * (a.ndim - 1))
                bias = bias * slope + offset
            self._fold(a, bias, input_fraction)
        self.mark_frozen()
        return int(self.fraction)

    def mark_frozen(self) -> None:
        """Set phase "frozen" for weights that are folded already."""
        self.phase = "frozen"
        if self.norm is not None:
            self.norm.requires_grad_(False)

    def operator(self, input_fraction: int) -> SumProduct | Convolution:
        """The frozen layer as integers, for an input with `input_fraction` binary places."""
        a, bias = self._operator_numbers()
        n_out, taken = len(a), a[0].size
        wb = np.tile(np.eye(taken, dtype=np.int8), (n_out, 1))
        wc = np.repeat(np.eye(n_out, dtype=np.int8), taken, axis=1)
        fraction = int(self.fraction) - input_fraction
        if self.geometry is None:
            return SumProduct(wb, a.reshape(-1), wc, bias, fraction)
        axes = self.geometry.axes
        return Convolution(
            wb.reshape(-1, *a.shape[1:]),
            a.reshape(-1),
            wc.reshape(*wc.shape, *(1,) * axes),
            bias,
            fraction,
            self.geometry,
            self.groups,
        )

    def _sums(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        if self.geometry is None:
            return nn.functional.linear(x, weight, bias)
        return window_sums(x, weight, bias, self.geometry, self.groups)
