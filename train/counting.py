"""Multiplications of a traced network, as the literature counts them and as they are built."""

import math
from dataclasses import dataclass

from torch import nn

from mulbudget.train.convolutions import SPNConvolution
from mulbudget.train.dense import DenseLayer
from mulbudget.train.graph import GraphModel, Step
from mulbudget.train.images import AveragePool
from mulbudget.train.layers import SPNLinear


@dataclass(frozen=True, kw_only=True)
class Multiplications:
    """Of one step of a network, for one sample.

    Parameters
    ----------
    name : str
        Of the step.
    origin : str
        Of the module in the model that was traced.
    dense : int
        Of the same layer with full-precision weights, without batch norm; none of a pooling.
    paper : float
        As "StrassenNets" counts (table 1): outputs times r / (n_out p^2), and one for each output
        of a layer with a batch norm; patches beyond the edge count in proportion. A layer that
        keeps its weights has the dense ones.
    built : int
        What the exported network has: batch norm is folded and takes none, and a patch beyond the
        edge counts whole; equal to `spn.network_counts`.
    """

    name: str
    origin: str
    dense: int
    paper: float
    built: int


def multiplications(model: GraphModel) -> list[Multiplications]:
    """Of each step that has any, in order.

    Parameters
    ----------
    model : GraphModel
        In any phase.
    """
    shapes = {step.name: step.shape for step in model.steps} | {"x": model.input_shape}
    counts = (
        _step_counts(step, model.parts[step.name], shapes[step.inputs[0]]) for step in model.steps
    )
    return [each for each in counts if each is not None]


def _step_counts(step: Step, part: nn.Module, taken: tuple[int, ...]) -> Multiplications | None:
    outputs = math.prod(step.shape)
    normed = outputs if step.normed else 0
    names = {"name": step.name, "origin": step.origin}
    match part:
        case SPNConvolution():
            geometry, channels = part.geometry, part.out_channels
            each = part.r / (channels * math.prod(geometry.patch))
            kernel = math.prod(geometry.kernel) * taken[0] // part.wc_groups
            return Multiplications(
                **names,
                dense=outputs * kernel,
                paper=outputs * each + normed,
                built=part.r * math.prod(geometry.positions(taken[1:])),
            )
        case SPNLinear():
            dense = outputs * taken[0]
            return Multiplications(**names, dense=dense, paper=part.r + normed, built=part.r)
        case DenseLayer():
            products = part.r * math.prod(step.shape[1:])
            return Multiplications(**names, dense=products, paper=products + normed, built=products)
        case AveragePool(multiplications=products) if products:
            built = products * math.prod(step.shape[1:])
            return Multiplications(**names, dense=0, paper=0.0, built=built)
        case _:
            return None
