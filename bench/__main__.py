"""`make bench`: accuracy and time of every budget that docs/results.md names.

What is in runs/ already is not trained again.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import mean
from typing import Any

from mulbudget.cli.console import console, table

BUDGETS = (("digits", 28, 5), ("digits", 8, 5), ("mnist", 202, 1))
"""Recipe, multiplications, and how many seeds from 0 on."""

COLUMNS = ("recipe", "budget", "seeds", "accuracy", "lowest", "saved", "seconds each")


def trained(recipe: str, multipliers: int, seed: int) -> dict[str, Any]:
    """The metrics.json of one training."""
    out = Path("runs") / f"{recipe}-{multipliers}-{seed}"
    options = ["--multipliers", str(multipliers), "--seed", str(seed), "--out", str(out)]
    if not (out / "network.spn").exists():
        subprocess.run(
            [Path(sys.executable).parent / "mulbudget", "train", recipe, *options], check=True
        )
    return json.loads((out / "metrics.json").read_text())


def row(recipe: str, multipliers: int, seeds: int) -> list[object]:
    """One line of the table."""
    results = [trained(recipe, multipliers, seed) for seed in range(seeds)]
    accuracies = [each["test_accuracy"] for each in results]
    saved = 1 - results[0]["multiplications"] / results[0]["dense_multiplications"]
    return [
        recipe,
        multipliers,
        seeds,
        f"{mean(accuracies):.2%}",
        f"{min(accuracies):.2%}",
        f"{saved:.1%}",
        f"{mean(each['seconds'] for each in results):.0f}",
    ]


def main() -> None:
    """Train what is missing, and print the table."""
    rows = [row(*budget) for budget in BUDGETS]
    console().print(table("integer networks on their test sets", COLUMNS, rows, text=COLUMNS[:1]))


if __name__ == "__main__":
    main()
