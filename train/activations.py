"""Activations that are rounded to integers, as Requantize does it."""

import math

import torch
from torch import Tensor, nn

from mulbudget.spn import Requantize, UserError
from mulbudget.train import processes, quantizers

_FRACTIONS = range(-16, 25)
"""Binary places that a `Rounding` chooses from."""

_SCALES = 2.0 ** torch.tensor(_FRACTIONS, dtype=torch.float64)[:, None]

_LOOKED_AT = 4096
"""Numbers of a batch, about, that the choice is made by."""

_GOLDEN = (math.sqrt(5) - 1) / 2

_MOMENTUM = 0.05
"""Of the running squared errors."""


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
        return torch.relu(x) if self.exact else quantizers.rounded_between(x, 0, self.high)


class Rounding(nn.Module):
    """Rounding to `bits` bits and a power of two that it chooses itself; a ReLU where unsigned.

    While it is trained it keeps running squared errors of the rounding for each number of binary
    places; those with the least error are used, and stay once it is frozen. It is exact in phase
    "full", and in the others rounds as Requantize does, with a gradient that goes straight through.

    Parameters
    ----------
    bits : int
        2 to 8.
    signed : bool
        From -2**(bits-1) to 2**(bits-1) - 1; else from 0 to 2**bits - 1.
    limit : float, optional
        Larger numbers become this, as those above 6 do in a ReLU6.

    Raises
    ------
    UserError
        When `bits` is not 2 to 8.
    """

    fraction: Tensor
    """Binary places of what it gives."""

    errors: Tensor
    """Running mean squares, one for each number of binary places; NaN before there are any."""

    def __init__(self, bits: int, *, signed: bool = False, limit: float | None = None) -> None:
        super().__init__()
        if not 2 <= bits <= 8:
            raise UserError(f"activations of {bits} bits are not possible: use 2 to 8")
        self.exact, self.fixed = True, False
        self.limit = limit
        self.low = -(1 << (bits - 1)) if signed else 0
        self.high = (1 << bits) - 1 + self.low
        self.register_buffer("fraction", torch.zeros((), dtype=torch.int64))
        self.register_buffer("errors", torch.full((len(_FRACTIONS),), torch.nan))

    def forward(self, x: Tensor) -> Tensor:
        """Real numbers of any shape, to integers times 2**-fraction unless exact."""
        if self.training and not self.fixed:
            self._look(x.detach())
        if self.exact:
            return self._exactly(x)
        return quantizers.rounded_between(x, self.low, self.most(), int(self.fraction))

    def freeze(self, input_fraction: int) -> int:
        """Fix the binary places, at most those of the input, since Requantize only shifts right.

        Raises
        ------
        UserError
            When it has seen no data to choose them by.
        """
        if bool(self.errors.isnan().any()):
            raise UserError(
                "it has seen no data to choose its scale by: run the model in training mode first"
            )
        self.fraction.clamp_(max=input_fraction)
        self.mark_frozen()
        return int(self.fraction)

    def mark_frozen(self) -> None:
        """Fix the binary places as they are."""
        self.exact, self.fixed = False, True

    def operator(self, input_fraction: int) -> Requantize:
        """As integers, for an input with `input_fraction` binary places."""
        return Requantize(input_fraction - int(self.fraction), self.low, self.most())

    def most(self) -> int:
        """The largest integer that comes out."""
        if self.limit is None:
            return self.high
        return min(self.high, math.floor(self.limit * 2.0 ** int(self.fraction) + 0.5))

    def _exactly(self, x: Tensor) -> Tensor:
        low = -math.inf if self.low else 0.0
        return quantizers.clamped(x, low, math.inf if self.limit is None else self.limit)

    def _look(self, x: Tensor) -> None:
        """Let a part of a batch count in the choice."""
        x = self._exactly(_looked_at(x.reshape(len(x), -1)).to(self.errors.dtype).flatten())
        kept = (x * _SCALES.to(x)).add_(0.5).floor_().clamp_(self.low, self.high)
        errors = processes.mean(kept.div_(_SCALES.to(x)).sub_(x).square_().mean(dim=1))
        seen = torch.where(self.errors.isnan(), errors, self.errors)
        self.errors.copy_(torch.lerp(seen, errors, _MOMENTUM))
        self.fraction.fill_(_FRACTIONS.start).add_(self.errors.argmin())


def _looked_at(x: Tensor) -> Tensor:
    """Some entries of each row, all alike likely; the same, however many processes share a batch.

    Multiples of the golden ratio are spread over any interval without a pattern, where every n-th
    entry of an image could be at its edge.

    Parameters
    ----------
    x : (samples, entries)
    """
    samples, entries = x.shape
    each = max(1, _LOOKED_AT // max(1, samples * processes.count()))
    if each >= entries:
        return x
    first = processes.rank() * samples * each
    numbers = torch.arange(first, first + samples * each, dtype=torch.float64, device=x.device)
    places = (numbers * _GOLDEN).frac() * entries
    return x.gather(1, places.long().view(samples, each))
