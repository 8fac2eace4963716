"""From a frozen model to a `Network`, proved equal over a whole data set."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from mulbudget.spn import ArgMax, Network, Node, Requantize, SumProduct, UserError
from mulbudget.spn import Tensor as Integers
from mulbudget.spn.ranges import EXACT_FLOAT
from mulbudget.train.model import SPNModel

_SAMPLES_AT_ONCE = 4096


def export(
    model: SPNModel, name: str, input: Integers, provenance: Mapping[str, Any] | None = None
) -> Network:
    """The network of a frozen model.

    Parameters
    ----------
    model : SPNModel
        In phase "frozen".
    name : str
        Of the network.
    input : spn.Tensor
        What the model takes.
    provenance : mapping, optional

    Raises
    ------
    UserError
        When a value inside a layer could leave the 53 bits that PyTorch evaluates exactly.
    """
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
    nodes.append(Node("argmax", ArgMax(), nodes[-1].name))
    if model.class_shift:
        classes = (last.bias.numel() - 1 + model.outputs_per_class // 2) >> model.class_shift
        nodes.append(Node("classes", Requantize(model.class_shift, 0, classes), "argmax"))
    network = Network(name, input, nodes, provenance)
    _check_exact(network)
    return network


def evaluate(model: SPNModel, x: np.ndarray) -> dict[str, np.ndarray]:
    """The model in evaluation mode: logits, exact where frozen, and predictions.

    Parameters
    ----------
    model : SPNModel
    x : integers, (samples, n_in)

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
            model(torch.as_tensor(part, device=device).to(dtype)).cpu().double().numpy()
            for part in np.array_split(x, max(1, -(-len(x) // _SAMPLES_AT_ONCE)))
        ]
    model.train(training)
    outputs = np.concatenate(parts)
    largest = np.argmax(outputs, axis=1, keepdims=True)
    classes = (largest + model.outputs_per_class // 2) >> model.class_shift
    return {"logits": outputs, "argmax": largest, "classes": classes}


def prove(model: SPNModel, network: Network, x: np.ndarray) -> None:
    """Raise `UserError` unless model and network give the same integers for every sample of `x`.

    Compared are the last layer's integers, the index of the largest and its class.
    """
    *hidden, last = model.spn_layers()
    exact = evaluate(model, x)
    expected = network.run_all(x)
    integers = exact["logits"] * 2.0 ** int(last.fraction)
    compared = {f"layer{len(hidden) + 1}": integers, "argmax": exact["argmax"]}
    compared[network.nodes[-1].name] = exact["classes"]
    for name, got in compared.items():
        wrong = np.argwhere(got != expected[name])
        if len(wrong):
            sample, channel = map(int, wrong[0])
            raise UserError(
                f"nothing is written: {name} channel {channel} of sample {sample} is "
                f"{got[sample, channel]} in PyTorch and {expected[name][sample, channel]} in the "
                f"network ({len(wrong)} of {got.size} values differ); please report this"
            )


def _check_exact(network: Network) -> None:
    for node in network.nodes:
        layer, x = node.operator, network.tensors[node.input].range
        if not isinstance(layer, SumProduct):
            continue
        # Sums are taken in any order, so each part of one has to be exact, not only the whole.
        products = layer.stages(x).z.magnitude * layer.r
        largest = max(x.magnitude * layer.n_in, products + int(np.abs(layer.bias).max()))
        if largest >= EXACT_FLOAT:
            raise UserError(
                f"{node.name} can reach {largest}, beyond the 53 bits that training evaluates "
                "exactly: use fewer a_bits"
            )
