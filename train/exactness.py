"""What makes a model and its integers the same: nothing is rounded, and nothing differs."""

import numpy as np

from mulbudget.spn import AnyOperator, Convolution, Network, SumProduct, Tensor, UserError
from mulbudget.spn.ranges import EXACT_FLOAT


def check_exact(network: Network) -> None:
    """Raise `UserError` when a tensor, or a sum inside a layer, could leave 53 bits."""
    for node in network.nodes:
        largest = _largest(node.operator, network.tensors[node.input])
        largest = max(largest, network.tensors[node.name].range.magnitude)
        if largest >= EXACT_FLOAT:
            raise UserError(
                f"{node.name} can reach {largest}, beyond the 53 bits that training evaluates "
                "exactly: use fewer a_bits"
            )


def _largest(layer: AnyOperator, x: Tensor) -> int:
    """That a sum inside a layer can reach, taken in any order; 0 of what is no layer."""
    if isinstance(layer, Convolution):
        layer, entries = layer.layer, layer.window_range(x)
    elif isinstance(layer, SumProduct):
        entries = x.range
    else:
        return 0
    products = layer.stages(entries).z.magnitude * layer.r
    return max(entries.magnitude * layer.n_in, products + int(np.abs(layer.bias).max()))


def check_equal(name: str, got: np.ndarray, expected: np.ndarray) -> None:
    """Raise `UserError` naming the first value of a tensor in which PyTorch and integers differ.

    Parameters
    ----------
    name : str
        Of the tensor.
    got, expected : (samples, channels, ...)
    """
    wrong = np.argwhere(got != expected)
    if len(wrong):
        sample, *place = map(int, wrong[0])
        where = f"channel {place[0]}" + (f" at {tuple(place[1:])}" if place[1:] else "")
        at = (sample, *place)
        raise UserError(
            f"nothing is written: {name} {where} of sample {sample} is {got[at]} in PyTorch and "
            f"{expected[at]} in the network ({len(wrong)} of {got.size} values differ); please "
            "report this"
        )
