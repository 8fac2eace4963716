"""`mulbudget show`: the layers of a network and what they cost."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from mulbudget.cli.console import console, printable, table
from mulbudget.cli.description import Description, describe
from mulbudget.spn import Network, SumProduct, load
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
    description = describe(network, _graph_additions(network) if adders else None)
    if as_json:
        typer.echo(json.dumps(description, indent=2))
        return
    out = console()
    out.print(_layers(description))
    out.print()
    out.print(_counts(description))
    out.print()
    if description["published"] is not None:
        _print_published(out, description)
    out.print(_tensors(description))
    out.print()
    for key, value in description["provenance"].items():
        shown = value if isinstance(value, str) else json.dumps(value)
        out.print(printable(f"{key}: {shown}"), soft_wrap=True)


def _graph_additions(network: Network) -> dict[str, int]:
    """What the adder graphs of each layer's hardware add; a bar meanwhile on a terminal."""
    # The search is slow to import, and the rest of this verb does without.
    from mulbudget.hw.plan import make_plan

    columns = (TextColumn("adder graphs of {task.description}"), BarColumn(), TimeRemainingColumn())
    bar = Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    )
    with bar as progress:
        task = progress.add_task("", total=len(network.nodes))
        plan = make_plan(
            network,
            progress=lambda name, done: progress.update(task, completed=done, description=name),
        )
    return {layer.node.name: layer.graph_additions for layer in plan.layers}


def _layers(description: Description) -> Table:
    rows = [
        [layer["name"], _kind(layer), _shape(layer), *_stored(layer)]
        for layer in description["layers"]
    ]
    return table(
        f"network {description['name']}",
        LAYERS,
        rows,
        text=LAYERS[:3],
        totals=[["total", None, None, *_stored(description["total"])]],
    )


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


def _range(tensor: Description) -> list[object]:
    sign = "signed" if tensor["signed"] else "unsigned"
    return [
        f"{tensor['low']:,} to {tensor['high']:,}",
        f"{sign} {tensor['bits']}",
        tensor["fraction"],
    ]
