"""Layers of Brevitas with ternary weights and activations of few bits, where it is installed."""

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from functools import partial
from importlib import metadata
from itertools import pairwise
from typing import Any, NamedTuple

from torch import Tensor, nn

_OBSERVED = 3
"""Steps from which a ReLU takes its first scale; it is slower in them."""

Make = Callable[..., nn.Module]


class Layers(NamedTuple):
    """Makers of layers, with the arguments that PyTorch's take."""

    conv: Make = nn.Conv2d
    linear: Make = nn.Linear
    relu: Make = nn.ReLU


def installed() -> bool:
    """Whether there is Brevitas."""
    return importlib.util.find_spec("brevitas") is not None


def version() -> str:
    """What is compared with, as in 'brevitas 0.13.4'; how to have it where it is missing."""
    if installed():
        return f"brevitas {metadata.version('brevitas')}"
    return "no brevitas, whose rows are left out (for it: pip install -e '.[qat]')"


def brevitas(bits: int) -> dict[str, Layers]:
    """Its layers with activations of so many bits, by how weights are quantized; none without it.

    Both have the entries -s, 0 and s. With "ternary" s is constant; with "2 bits", which is its own
    default at that width, s is the largest weight of the layer.
    """
    if not installed():
        return {}
    library, quantizers = _module("brevitas.nn"), _module("brevitas.quant")
    relu = partial(library.QuantReLU, bit_width=bits, collect_stats_steps=_OBSERVED)
    weights: dict[str, dict[str, Any]] = {
        "ternary": {"weight_quant": quantizers.SignedTernaryWeightPerTensorConst},
        "2 bits": {"weight_bit_width": 2},
    }
    return {
        name: Layers(
            partial(library.QuantConv2d, **each),
            partial(library.QuantLinear, bias=True, **each),
            relu,
        )
        for name, each in weights.items()
    }


class FixedPoint(nn.Module):
    """Dense layers whose scales are powers of two: of each output's weights, and of each ReLU.

    Parameters
    ----------
    widths : sequence of int
        Inputs, hidden units, outputs.
    weight_bits, activation_bits : int
    """

    def __init__(self, widths: Sequence[int], weight_bits: int, activation_bits: int) -> None:
        super().__init__()
        library, fixed = _module("brevitas.nn"), _module("brevitas.quant.fixed_point")
        self.linears: list[Any] = [
            library.QuantLinear(
                *pair,
                bias=True,
                weight_quant=fixed.Int8WeightPerChannelFixedPoint,
                weight_bit_width=weight_bits,
            )
            for pair in pairwise(widths)
        ]
        self.relus: list[Any] = [
            library.QuantReLU(
                bit_width=activation_bits, act_quant=fixed.Uint8ActPerTensorFixedPoint
            )
            for _ in widths[1:-1]
        ]
        self.learned = nn.ModuleList([*self.linears, *self.relus])

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        *hidden, last = self.linears
        for linear, relu in zip(hidden, self.relus, strict=True):
            x = relu(linear(x))
        return last(x)


def _module(name: str) -> Any:
    return importlib.import_module(name)
