"""The part of a traced network that a call becomes, apart from layers."""

import math
from collections.abc import Sequence
from typing import Any

from torch import nn

from mulbudget.spn import Geometry, UserError
from mulbudget.train.activations import Rounding
from mulbudget.train.convolutions import each_axis
from mulbudget.train.images import AveragePool, Dropping, Flat, Join, LargestPool, Sum
from mulbudget.train.trace import Call

Shape = tuple[int, ...]


def part_of(call: Call, shapes: Sequence[Shape], activation_bits: int) -> list[nn.Module]:
    """What `call` becomes, one part behind the other; nothing where it changes nothing.

    Parameters
    ----------
    call : Call
        No layer and no batch norm.
    shapes : sequence of tuple of int
        Of what it takes, for one sample each.
    activation_bits : int
        Of a ReLU.

    Raises
    ------
    UserError
        When a setting has no integer form.
    """
    shape = shapes[0]
    match call.kind:
        case "relu":
            return [Rounding(activation_bits)]
        case "relu6":
            return [Rounding(activation_bits, limit=6.0)]
        case "max_pool":
            return [LargestPool(_pool(call.settings, shape))]
        case "average_pool":
            return [AveragePool(_pool(call.settings, shape), shape[0])]
        case "adaptive_pool":
            return [AveragePool(_adaptive(call, shape), shape[0])]
        case "mean":
            return _mean(call, shape)
        case "dropout":
            return [Dropping(call.module or nn.Dropout(call.settings.get("p", 0.5)))]
        case "add":
            return [_sum(call, shapes)]
        case "concatenate":
            return [_join(call, shape)]
        case "reshape":
            return _reshape(call, shape)
        case _:
            return []


def _pool(settings: dict[str, Any], shape: Shape) -> Geometry:
    axes = len(shape) - 1
    wanted = {
        "dilation": (1, (1,) * axes),
        "ceil_mode": (False,),
        "return_indices": (False,),
        "divisor_override": (None,),
    }
    for name, possible in wanted.items():
        value = settings.get(name, possible[0])
        if value not in possible:
            raise UserError(f"{name} is {value}: only {possible[0]} has an integer form here")
    kernel = each_axis(settings["kernel_size"], axes)
    stride = settings.get("stride") or kernel
    padding = each_axis(settings.get("padding", 0), axes)
    if any(padding) and not settings.get("count_include_pad", True):
        raise UserError("count_include_pad is False: use True, or no padding")
    return Geometry.plain(kernel, each_axis(stride, axes), padding)


def _adaptive(call: Call, shape: Shape) -> Geometry:
    image = shape[1:]
    wanted = each_axis(call.settings["output_size"], len(image))
    sizes = tuple(n if out is None else out for n, out in zip(image, wanted, strict=True))
    if any(n % out for n, out in zip(image, sizes, strict=True)):
        raise UserError(
            f"an image of {image} does not make {sizes} averages of windows of one size: use "
            "divisors, such as 1"
        )
    kernel = tuple(n // out for n, out in zip(image, sizes, strict=True))
    return Geometry.plain(kernel, kernel)


def _mean(call: Call, shape: Shape) -> list[nn.Module]:
    axes = len(shape)
    given = call.settings.get("dim")
    dims = () if given is None else each_axis(given, 1)
    found = sorted(dim % (axes + 1) for dim in dims)
    if axes < 2 or found != list(range(2, axes + 1)):
        raise UserError(
            f"it is a mean over axes {given} of {axes + 1}: use all axes behind the channels"
        )
    pool = AveragePool(Geometry.plain(shape[1:], shape[1:]), shape[0])
    return [pool] if call.settings.get("keepdim") else [pool, Flat()]


def _sum(call: Call, shapes: Sequence[Shape]) -> nn.Module:
    if shapes[0] != shapes[1]:
        raise UserError(f"it adds {shapes[0]} and {shapes[1]}: add tensors of one shape")
    if call.settings.get("alpha", 1) != 1:
        raise UserError(f"alpha is {call.settings['alpha']}: use 1")
    return Sum()


def _join(call: Call, shape: Shape) -> nn.Module:
    dim = call.settings.get("dim", 0)
    if dim % (len(shape) + 1) != 1:
        raise UserError(f"it joins along axis {dim}: use axis 1, the channels")
    return Join()


def _reshape(call: Call, shape: Shape) -> list[nn.Module]:
    if call.shape == shape:
        return []
    if call.shape != (math.prod(shape),):
        raise UserError(
            f"it makes {call.shape} of {shape}: only flattening all axes of a sample is possible"
        )
    return [Flat()]
