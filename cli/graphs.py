"""The adder graphs of a network's hardware, looked for while a bar shows how far they are."""

import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from mulbudget.spn import Network


def graph_additions(network: Network) -> dict[str, int]:
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
