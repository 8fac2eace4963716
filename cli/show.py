"""`mulbudget show`: the layers of a network and what they cost."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from mulbudget.cli.console import console, printable, table
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
    load,
    network_counts,
    operator_counts,
    width,
)
from mulbudget.spn.files import write_whole

Description = dict[str, Any]
COLUMNS = (
    "layer",
    "operator",
    "shape",
    "multipli-\ncations",
    "dense",
    "naive\nadditions",
    "non-\nzeros",
    "zeros",
    "bits\nstored",
)


def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .spn file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option(help="Also draw the ternary matrices: an .svg, .png or .pdf file to write."),
    ] = None,
) -> None:
    """Print the layers of a network: shapes, counts, ranges, and where the network comes from."""
    network = load(file)
    description = describe(network)
    if picture is not None:
        # Matplotlib is slow to import.
        from mulbudget.cli.picture import draw

        write_whole(picture, draw(network, picture))
    if as_json:
        typer.echo(json.dumps(description, indent=2))
        return
    out = console()
    out.print(_costs(description))
    out.print()
    out.print(_tensors(description))
    out.print()
    for key, value in description["provenance"].items():
        shown = value if isinstance(value, str) else json.dumps(value)
        out.print(printable(f"{key}: {shown}"), soft_wrap=True)


def describe(network: Network) -> Description:
    """The layers, counts and provenance of a network as JSON values."""
    return {
        "name": network.name,
        "input": _tensor(network.input),
        "layers": [_layer(network, node) for node in network.nodes],
        "total": _counts(network_counts(network), _entries(network)),
        "provenance": dict(network.provenance),
    }


def _layer(network: Network, node: Node) -> Description:
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
    match operator:
        case SumProduct() | Convolution():
            return operator.wb.size + operator.wc.size
        case Bilinear(scheme=scheme):
            return scheme.wa.size + scheme.wb.size + scheme.wc.size
        case _:
            return 0


def _counts(counts: Counts, entries: int) -> Description:
    zeros = 1 - counts.non_zeros / entries if entries else 0.0
    return asdict(counts) | {"zeros": round(zeros, 4)}


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


def _costs(description: Description) -> Table:
    rows = [
        [layer["name"], _kind(layer), _shape(layer), *_cells(layer)]
        for layer in description["layers"]
    ]
    return table(
        f"network {description['name']}",
        COLUMNS,
        rows,
        text=COLUMNS[:3],
        total=["total", None, None, *_cells(description["total"])],
    )


def _tensors(description: Description) -> Table:
    rows = [["x", "the input", *_range(description["input"])]]
    rows += [
        [layer["name"], _operation(layer), *_range(layer["output"])]
        for layer in description["layers"]
    ]
    columns = ["tensor", "made by", "range", "width", "fraction"]
    return table("tensors", columns, rows, text=columns[:3])


def _kind(layer: Description) -> str:
    if layer.get("wc") != "identity":
        return layer["operator"]
    return "ternary-weight" if layer["operator"] == SumProduct.kind else "ternary convolution"


def _operation(layer: Description) -> str:
    if "shift" in layer:
        return f"{layer['input']} >> {layer['shift']}, clamped to {layer['low']} to {layer['high']}"
    inputs = layer["input"]
    return f"{_kind(layer)} of {inputs if isinstance(inputs, str) else ', '.join(inputs)}"


def _shape(layer: Description) -> str:
    if "block" in layer:
        (rows, inner, columns), (k, m, n) = layer["size"], layer["block"]
        blocks = f" in {k}x{m}, {m}x{n}" if layer["size"] != layer["block"] else ""
        return f"{rows}x{inner} · {inner}x{columns}{blocks}"
    if "kernel" in layer:
        return _window(layer)
    if "r" in layer:
        return f"{layer['n_in']}→{layer['r']}→{layer['n_out']}"
    return " x ".join(map(str, layer["output"]["shape"]))


def _window(layer: Description) -> str:
    """Of a convolution or a pooling, like 16→16→32, 3x3, stride 2, patch 2, 4 groups."""
    channels = [f"{layer['n_in']}→{layer['r']}→{layer['n_out']}"] if "r" in layer else []
    parts = [*channels, "x".join(map(str, layer["kernel"]))]
    for what in ("stride", "patch"):
        if max(layer[what]) > 1:
            sizes = sorted(set(layer[what]))
            shown = str(sizes[0]) if len(sizes) == 1 else "x".join(map(str, layer[what]))
            parts.append(f"{what} {shown}")
    if layer.get("groups", 1) > 1:
        parts.append(f"{layer['groups']} groups")
    return ", ".join(parts)


def _cells(counts: Description) -> list[object]:
    if "multiplications" not in counts:
        return [None] * 6
    keys = ("multiplications", "dense_multiplications", "additions", "non_zeros")
    return [*(counts[key] for key in keys), f"{counts['zeros']:.0%}", counts["bits"]]


def _range(tensor: Description) -> list[object]:
    sign = "signed" if tensor["signed"] else "unsigned"
    return [
        f"{tensor['low']:,} to {tensor['high']:,}",
        f"{sign} {tensor['bits']}",
        tensor["fraction"],
    ]
