"""A network as JSON values: its layers, what they cost, and where it comes from."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mulbudget.spn import (
    Add,
    AnyOperator,
    ArgMax,
    Bilinear,
    Concatenate,
    Convolution,
    Counts,
    Flatten,
    MaxPool,
    Network,
    Node,
    Requantize,
    SumProduct,
    Tensor,
    matrices_of,
    network_counts,
    operator_counts,
    width,
)
from mulbudget.train.published import PUBLISHED, Published

Description = dict[str, Any]

DENSE = {
    "multiplications": "dense_multiplications",
    "paper_additions": "dense_additions",
    "additions": "dense_additions",
    "graph_additions": "dense_additions",
}
"""Each count, and the same of layers with full-precision weights."""


def describe(network: Network, graphs: Mapping[str, int] | None = None) -> Description:
    """The layers, counts and provenance of a network as JSON values; counts are of one sample.

    Parameters
    ----------
    network : Network
    graphs : mapping, optional
        What the adder graphs of each layer add, by its name (`LayerPlan.graph_additions`).
    """
    total = _counts(network_counts(network), _entries(network))
    if graphs is not None:
        total["graph_additions"] = sum(graphs.values())
    published = published_for(network)
    return {
        "name": network.name,
        "input": _tensor(network.input),
        "layers": [_layer(network, node, graphs) for node in network.nodes],
        "total": total,
        "ratio_to_dense": {
            key: _ratio(total[key], total[DENSE[key]]) for key in DENSE if key in total
        },
        "published": None if published is None else asdict(published),
        "provenance": dict(network.provenance),
    }


def published_for(network: Network) -> Published | None:
    """What others report of networks of its recipe."""
    recipe = network.provenance.get("recipe")
    return PUBLISHED.get(recipe) if isinstance(recipe, str) else None


def _layer(network: Network, node: Node, graphs: Mapping[str, int] | None) -> Description:
    inputs = list(node.inputs)
    result: Description = {
        "name": node.name,
        "operator": node.operator.kind,
        "input": inputs[0] if len(inputs) == 1 else inputs,
        **_settings(node.operator),
    }
    counts = operator_counts(node.operator, network.tensors[node.input])
    if counts is not None:
        result |= _counts(counts, _entries_of(node.operator))
        if graphs is not None:
            result["graph_additions"] = graphs[node.name]
    return result | {"output": _tensor(network.tensors[node.name])}


def _settings(operator: AnyOperator) -> Description:
    """What an operator is, beside its numbers."""
    match operator:
        case SumProduct() as layer:
            wc = "identity" if layer.wc_is_identity else "ternary"
            return {"n_in": layer.n_in, "r": layer.r, "n_out": layer.n_out, "wc": wc}
        case Convolution() as layer:
            return {
                "n_in": layer.channels,
                "r": layer.r,
                "n_out": layer.n_out,
                "wc": "identity" if layer.layer.wc_is_identity else "ternary",
                **asdict(layer.geometry),
                "groups": layer.groups,
            }
        case Bilinear(scheme=scheme, size=size):
            return {"size": list(size), "block": list(scheme.size), "r": scheme.r}
        case Requantize(shift=shift, low=low, high=high):
            return {"shift": shift, "low": low, "high": high}
        case MaxPool(geometry=geometry):
            return asdict(geometry)
        case Add(shifts=shifts) | Concatenate(shifts=shifts):
            return {"shifts": list(shifts)}
        case ArgMax() | Flatten():
            return {}


def _entries(network: Network) -> int:
    return sum(_entries_of(node.operator) for node in network.nodes)


def _entries_of(operator: AnyOperator) -> int:
    """Entries of its ternary matrices."""
    return sum(matrix.size for _, matrix in matrices_of(operator))


def _counts(counts: Counts, entries: int) -> Description:
    zeros = 1 - counts.non_zeros / entries if entries else 0.0
    return asdict(counts) | {"zeros": round(zeros, 4)}


def _ratio(count: int, dense: int) -> float | None:
    return round(count / dense, 6) if dense else None


def _tensor(tensor: Tensor) -> Description:
    low, high = min(tensor.range.low), max(tensor.range.high)
    bits, signed = width(low, high)
    return {
        "shape": list(tensor.shape),
        "low": low,
        "high": high,
        "bits": bits,
        "signed": signed,
        "fraction": tensor.fraction,
    }
