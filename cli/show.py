"""`mulbudget show`: the layers of a network and what they cost."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from mulbudget.cli.console import console, printable, table
from mulbudget.spn import (
    AnyOperator,
    Bilinear,
    Counts,
    Network,
    Node,
    Requantize,
    SumProduct,
    Tensor,
    layer_counts,
    load,
    network_counts,
    product_counts,
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
    result: Description = {"name": node.name, "operator": node.operator.kind, "input": node.input}
    match node.operator:
        case SumProduct() as layer:
            result |= {
                "n_in": layer.n_in,
                "r": layer.r,
                "n_out": layer.n_out,
                "wc": "identity" if layer.wc_is_identity else "ternary",
                **_counts(layer_counts(layer), _entries_of(layer)),
            }
        case Bilinear(scheme=scheme, size=size) as product:
            result |= {
                "size": list(size),
                "block": list(scheme.size),
                "r": scheme.r,
                **_counts(product_counts(product), _entries_of(product)),
            }
        case Requantize(shift=shift, low=low, high=high):
            result |= {"shift": shift, "low": low, "high": high}
        case _:
            pass
    return result | {"output": _tensor(network.tensors[node.name])}


def _entries(network: Network) -> int:
    return sum(_entries_of(node.operator) for node in network.nodes)


def _entries_of(operator: AnyOperator) -> int:
    """Entries of its ternary matrices."""
    match operator:
        case SumProduct():
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
    return "ternary-weight" if layer.get("wc") == "identity" else layer["operator"]


def _operation(layer: Description) -> str:
    if "shift" in layer:
        return f"{layer['input']} >> {layer['shift']}, clamped to {layer['low']} to {layer['high']}"
    return f"{_kind(layer)} of {layer['input']}"


def _shape(layer: Description) -> str:
    if "block" in layer:
        (rows, inner, columns), (k, m, n) = layer["size"], layer["block"]
        blocks = f" in {k}x{m}, {m}x{n}" if layer["size"] != layer["block"] else ""
        return f"{rows}x{inner} · {inner}x{columns}{blocks}"
    if "r" in layer:
        return f"{layer['n_in']}→{layer['r']}→{layer['n_out']}"
    return " x ".join(map(str, layer["output"]["shape"]))


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
