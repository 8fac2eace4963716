"""Layers of Brevitas with ternary weights and activations of few bits, where it is installed."""

import importlib
import importlib.util
from collections.abc import Callable
from functools import partial
from importlib import metadata
from typing import Any, NamedTuple

from torch import nn

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


def _module(name: str) -> Any:
    return importlib.import_module(name)
