"""The adder graphs of a network's hardware, looked for while a bar shows how far they are."""

from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

from mulbudget.cli.console import bar
from mulbudget.spn import Network


def graph_additions(network: Network) -> dict[str, int]:
    """What the adder graphs of each layer's hardware add; a bar meanwhile on a terminal."""
    # The search is slow to import, and the rest of this verb does without.
    from mulbudget.hw.plan import make_plan

    columns = (TextColumn("adder graphs of {task.description}"), BarColumn(), TimeRemainingColumn())
    with bar(*columns) as progress:
        task = progress.add_task("", total=len(network.nodes))
        plan = make_plan(
            network,
            progress=lambda name, done: progress.update(task, completed=done, description=name),
        )
    return {layer.node.name: layer.graph_additions for layer in plan.layers}
