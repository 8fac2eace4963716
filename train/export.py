"""From a frozen model to a `Network`, proved equal over a whole data set."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mulbudget.spn import ArgMax, Network, Node, Requantize
from mulbudget.spn import Tensor as Integers
from mulbudget.train.exactness import check_equal, check_exact
from mulbudget.train.graph import GraphModel
from mulbudget.train.graph_export import export_graph, prove_graph
from mulbudget.train.model import SPNModel
from mulbudget.train.phased import PhasedModel

_SAMPLES_AT_ONCE = 4096


def export(
    model: SPNModel | GraphModel,
    name: str,
    input: Integers,
    provenance: Mapping[str, Any] | None = None,
    *,
    argmax: bool = True,
) -> Network:
    """The network of a frozen model.

    Parameters
    ----------
    model : SPNModel or GraphModel
        In phase "frozen".
    name : str
        Of the network.
    input : spn.Tensor
        What the model takes.
    provenance : mapping, optional
    argmax : bool
        Let the index of the largest output, or its class, be the output.

    Raises
    ------
    UserError
        When a value inside a layer could leave the 53 bits that PyTorch evaluates exactly.
    """
    if isinstance(model, GraphModel):
        return export_graph(model, name, input, provenance, argmax=argmax)
    if model.phase != "frozen":
        raise ValueError(f"the model is in phase {model.phase}: freeze it before export")
    nodes: list[Node] = []
    tensor, fraction = Network.INPUT, input.fraction
    *hidden, last = model.spn_layers()
    for number, layer in enumerate(hidden, start=1):
        activation = model.activation
        shift = int(layer.fraction) - activation.fraction
        requantize = Requantize(shift, 0, activation.high)
        nodes.append(Node(f"layer{number}", layer.operator(fraction), tensor))
        nodes.append(Node(f"relu{number}", requantize, f"layer{number}"))
        tensor, fraction = f"relu{number}", activation.fraction
    nodes.append(Node(f"layer{len(hidden) + 1}", last.operator(fraction), tensor))
    if argmax:
        nodes.append(Node("argmax", ArgMax(), nodes[-1].name))
    if argmax and model.class_shift:
        classes = (last.bias.numel() - 1 + model.outputs_per_class // 2) >> model.class_shift
        nodes.append(Node("classes", Requantize(model.class_shift, 0, classes), "argmax"))
    network = Network(name, input, nodes, provenance)
    check_exact(network)
    return network


def evaluate(model: PhasedModel, x: npt.ArrayLike) -> dict[str, np.ndarray]:
    """The model in evaluation mode: logits, exact where frozen, and predictions.

    Parameters
    ----------
    model : PhasedModel
    x : integers, (samples, entries)

    Returns
    -------
    dict
        "logits": float64, (samples, n_out); "argmax": int64, (samples, 1), the index of the
        largest, the lowest of several that are equal; "classes": int64, (samples, 1), its class.
    """
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    frozen = model.phase == "frozen"
    dtype = torch.float64 if frozen else torch.float32
    with torch.no_grad():
        parts = [
            model(model.inputs(part.to(device, dtype))).cpu().double().numpy()
            for part in torch.as_tensor(x).split(_SAMPLES_AT_ONCE)
        ]
    model.train(training)
    outputs = np.concatenate(parts)
    largest = np.argmax(outputs, axis=1, keepdims=True)
    classes = (largest + model.outputs_per_class // 2) >> model.class_shift
    return {"logits": outputs, "argmax": largest, "classes": classes}


def prove(model: SPNModel | GraphModel, network: Network, x: np.ndarray) -> None:
    """Raise `UserError` unless model and network give the same integers for every sample of `x`.

    Compared are the last layer's integers, the index of the largest and its class; of a traced
    model every tensor.
    """
    if isinstance(model, GraphModel):
        prove_graph(model, network, x)
        return
    exact, expected = evaluate(model, x), network.run_all(x)
    layers = model.spn_layers()
    integers = exact["logits"] * 2.0 ** int(layers[-1].fraction)
    values = {
        f"layer{len(layers)}": integers,
        "argmax": exact["argmax"],
        "classes": exact["classes"],
    }
    for name in values:
        if name in expected:
            check_equal(name, values[name], expected[name])
