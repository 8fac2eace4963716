"""Accuracy of the integer networks under several budgets, over seeds."""

import json
import statistics
from pathlib import Path
from typing import Any

from bench.command import timed
from mulbudget.cli.console import console, table

RUNS = [("digits", 28, range(5)), ("digits", 8, range(5)), ("mnist", 202, range(1))]
"""Recipe, multiplications, seeds. MNIST comes from MULBUDGET_DATA, else from the network."""

FOLDER = Path("build/bench/accuracy")


def main() -> None:
    """Train every run anew and print a line for each recipe and budget."""
    printer = console()
    rows = []
    for recipe, budget, seeds in RUNS:
        measured = []
        for seed in seeds:
            measured.append(_train(recipe, budget, seed))
            accuracy = measured[-1]["test_accuracy"]
            printer.print(f"{recipe} {budget} seed {seed}: {accuracy:.2%}")
        rows.append(_row(recipe, budget, measured))
    columns = ("recipe", "multiplications", "seeds", "mean", "worst", "fewer", "additions", "s")
    printer.print(table("accuracy of the integers on the test set", columns, rows, text=["recipe"]))


def _train(recipe: str, budget: int, seed: int) -> dict[str, Any]:
    out = FOLDER / f"{recipe}-{budget}-{seed}"
    timed("train", recipe, "--multipliers", budget, "--seed", seed, "--out", out)
    return json.loads((out / "metrics.json").read_text())


def _row(recipe: str, budget: int, measured: list[dict[str, Any]]) -> list[object]:
    accuracies = [metrics["test_accuracy"] for metrics in measured]
    first = measured[0]
    return [
        recipe,
        budget,
        len(measured),
        f"{statistics.mean(accuracies):.2%}",
        f"{min(accuracies):.2%}",
        f"{1 - first['multiplications'] / first['dense_multiplications']:.1%}",
        round(statistics.mean(metrics["additions"] for metrics in measured)),
        round(statistics.mean(metrics["seconds"] for metrics in measured)),
    ]
