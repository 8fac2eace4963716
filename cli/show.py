"""`mulbudget show`: the layers of a network and what they cost."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mulbudget.cli.console import console, printable, table
from mulbudget.cli.description import Description, describe
from mulbudget.cli.graphs import graph_additions
from mulbudget.spn import Network, Node, Requantize, kind_title, load, shape_title
from mulbudget.spn.files import write_whole

LAYERS = ("layer", "operator", "shape", "non-\nzeros", "zeros", "bits\nstored")
COUNTS = {
    "multiplications": "multipli-\ncations",
    "dense_multiplications": "of dense\nlayers",
    "paper_additions": "additions:\nall entries",
    "additions": "naive",
    "graph_additions": "adder\ngraphs",
    "dense_additions": "of dense\nlayers",
}
"""Headings of the counts in a description."""


def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .spn file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    adders: Annotated[
        bool,
        typer.Option(
            "--adders",
            help="Also count the adders of the hardware's adder graphs: some seconds a layer.",
        ),
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option(help="Also draw the ternary matrices: an .svg, .png or .pdf file to write."),
    ] = None,
) -> None:
    """Print the layers of a network: shapes, counts, ranges, and where the network comes from.

    Counts are of one sample, beside those of layers with full-precision weights.
    Additions of all entries are as StrassenNets counts, zeros too; naive ones are
    of non-zeros, each output by itself; adder graphs share sums between outputs.
    """
    network = load(file)
    if picture is not None:
        # Matplotlib is slow to import.
        from mulbudget.cli.picture import draw

        write_whole(picture, draw(network, picture))
    description = describe(network, graph_additions(network) if adders else None)
    if as_json:
        typer.echo(json.dumps(description, indent=2))
        return
    out = console()
    out.print(_layers(network, description))
    out.print()
    out.print(_counts(description))
    out.print()
    if description["published"] is not None:
        _print_published(out, description)
    out.print(_tensors(network, description))
    out.print()
    for key, value in description["provenance"].items():
        shown = value if isinstance(value, str) else json.dumps(value)
        out.print(printable(f"{key}: {shown}"), soft_wrap=True)


def _layers(network: Network, description: Description) -> Table:
    rows = [
        [node.name, *_titles(network, node), *_stored(layer)]
        for node, layer in zip(network.nodes, description["layers"], strict=True)
    ]
    return table(
        f"network {description['name']}",
        LAYERS,
        rows,
        text=LAYERS[:3],
        totals=[["total", None, None, *_stored(description["total"])]],
    )


def _titles(network: Network, node: Node) -> tuple[str, str]:
    return kind_title(node.operator), shape_title(node.operator, network.tensors[node.name])


def _stored(counts: Description) -> list[object]:
    if "bits" not in counts:
        return [None] * 3
    return [counts["non_zeros"], f"{counts['zeros']:.0%}", counts["bits"]]


def _counts(description: Description) -> Table:
    total, ratios = description["total"], description["ratio_to_dense"]
    keys = [key for key in COUNTS if key in total]
    rows = [
        [layer["name"], *(layer[key] for key in keys)]
        for layer in description["layers"]
        if "bits" in layer
    ]
    shares = [None if ratios.get(key) is None else f"{ratios[key]:.1%}" for key in keys]
    return table(
        "multiplications and additions of one sample",
        ["layer", *(COUNTS[key] for key in keys)],
        rows,
        text=["layer"],
        totals=[["total", *(total[key] for key in keys)], ["of dense", *shares]],
    )


def _print_published(out: Console, description: Description) -> None:
    """The network's own accuracy beside what others report."""
    published, own = description["published"], description["provenance"].get("test_accuracy")
    accuracies = {f"published, {phase}": each for phase, each in published["test_accuracy"].items()}
    if isinstance(own, float):
        accuracies = {"this network": own} | accuracies
    rows = [[what, f"{accuracy:.2%}"] for what, accuracy in accuracies.items()]
    out.print(table("test accuracy", ["", ""], rows, text=[""]))
    out.print(f"published for {published['network']}: {published['source']}")
    out.print()


def _tensors(network: Network, description: Description) -> Table:
    rows = [["x", "the input", *_range(description["input"])]]
    rows += [
        [node.name, _operation(node), *_range(layer["output"])]
        for node, layer in zip(network.nodes, description["layers"], strict=True)
    ]
    columns = ["tensor", "made by", "range", "width", "fraction"]
    return table("tensors", columns, rows, text=columns[:3])


def _operation(node: Node) -> str:
    match node.operator:
        case Requantize(shift=shift, low=low, high=high):
            return f"{node.input} >> {shift}, clamped to {low} to {high}"
        case operator:
            return f"{kind_title(operator)} of {', '.join(node.inputs)}"


def _range(tensor: Description) -> list[object]:
    sign = "signed" if tensor["signed"] else "unsigned"
    return [
        f"{tensor['low']:,} to {tensor['high']:,}",
        f"{sign} {tensor['bits']}",
        tensor["fraction"],
    ]
