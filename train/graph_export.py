"""From a frozen traced network to a `Network`, and the proof that both are the same."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from mulbudget.spn import ArgMax, Network, Node, UserError
from mulbudget.spn import Tensor as Integers
from mulbudget.train.exactness import check_equal, check_exact
from mulbudget.train.graph import GraphModel

_ENTRIES_AT_ONCE = 1 << 26
"""Numbers of all tensors together."""


def export_graph(
    model: GraphModel,
    name: str,
    input: Integers,
    provenance: Mapping[str, Any] | None = None,
    *,
    argmax: bool = False,
) -> Network:
    """The network of a frozen traced model.

    Parameters
    ----------
    model : GraphModel
        In phase "frozen".
    name : str
        Of the network.
    input : spn.Tensor
        What the model takes: its shape, and the binary places that it was made for.
    provenance : mapping, optional
    argmax : bool
        Let the index of the largest output be the output.

    Raises
    ------
    UserError
        When the model is not frozen, `input` does not fit it, or a value could leave the 53 bits
        that PyTorch evaluates exactly.
    """
    if model.phase != "frozen":
        raise UserError(f"the model is in phase {model.phase}: freeze it before export")
    if input.shape != model.input_shape:
        raise UserError(f"the input has shape {input.shape}, and the model {model.input_shape}")
    if input.fraction != model.input_fraction:
        raise UserError(
            f"the input has {input.fraction} binary places, and the model was made for "
            f"{model.input_fraction}: give strassenify input_fraction={input.fraction}"
        )
    names, tensors = {Network.INPUT: Network.INPUT}, {Network.INPUT: input}
    nodes: list[Node] = []
    for step in model.steps:
        inputs = [names[each] for each in step.inputs]
        given = [tensors[each] for each in inputs]
        operator = model.part(step).operator(*(each.fraction for each in given))
        if operator is None:
            names[step.name] = inputs[0]
            continue
        names[step.name] = step.name
        nodes.append(Node(step.name, operator, *inputs))
        try:
            tensors[step.name] = operator.output(*given)
        except UserError as error:
            raise UserError(f"operator {step.name}: {error}") from error
    if argmax:
        nodes.append(Node("argmax", ArgMax(), names[model.steps[-1].name]))
    network = Network(name, input, nodes, provenance)
    check_exact(network)
    return network


def prove_graph(model: GraphModel, network: Network, x: np.ndarray) -> None:
    """Raise `UserError` unless model and network give the same integers for every sample of `x`.

    Every tensor of the network is compared, with the model in evaluation mode.

    Parameters
    ----------
    model : GraphModel
        In phase "frozen".
    network : Network
        As `export_graph` gave it.
    x : integers, (samples, *input shape) or (samples, entries)
    """
    x = network.input.checked(x, f"network {network.name}")
    entries = sum(math.prod(step.shape) for step in model.steps)
    training = model.training
    model.eval()
    try:
        for part in np.array_split(x, max(1, -(-len(x) * entries // _ENTRIES_AT_ONCE))):
            _compare(model, network, part)
    finally:
        model.train(training)


def _compare(model: GraphModel, network: Network, x: np.ndarray) -> None:
    device = next(model.parameters()).device
    real = torch.as_tensor(x, device=device).double() * 2.0**-network.input.fraction
    # Other ways to convolve than sums of products would round.
    with torch.no_grad(), torch.backends.cudnn.flags(enabled=False):
        got = model.run_all(real)
    expected = network.run_all(x)
    for step in model.steps:
        if step.name in expected:
            scale = 2.0 ** network.tensors[step.name].fraction
            check_equal(step.name, (got[step.name] * scale).cpu().numpy(), expected[step.name])
