"""Facts that tests make pages of."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from bench.random_networks import dense
from mulbudget.boards.catalogue import find_board
from mulbudget.boards.report import Report, Resource
from mulbudget.report.facts import Facts
from mulbudget.report.planned import Planned, planned
from mulbudget.report.runs import Run
from mulbudget.spn import Network, digest

HOSTILE = "<script>alert(1)</script>\"'&\x1b[31m\u202e"
"""What a page must not obey, nor a terminal."""

BOARD = find_board("ulx3s-25f")


def named(network: Network, provenance: Mapping[str, Any]) -> Network:
    return Network(network.name, network.input, network.nodes, provenance)


@cache
def small() -> Network:
    """Two layers that fit on `BOARD` in several styles."""
    known = {"recipe": "none", "seed": 3, "test_accuracy": 0.9725}
    return named(dense((64, 24, 10), density=0.4, learned=True), known)


@cache
def plan() -> Planned:
    return planned(small(), BOARD)


def built(**changes: Any) -> Report:
    figures: dict[str, Any] = {
        "name": "dense",
        "network": digest(small()),
        "board": BOARD.name,
        "family": BOARD.family,
        "levels_per_stage": 8,
        "bitstream": "dense.bit",
        "lut": Resource(5000, 24288),
        "ff": Resource(700, 24288),
        "dsp": Resource(28, 28),
        "bram": Resource(0, 56),
        "fmax_mhz": 31.25,
        "clock_mhz": 25.0,
        "latency": 9,
        "interval": 1,
        "samples_per_second": 25e6,
        "baud": 115200,
        "link_samples_per_second": 300.0,
        "seconds": 60.0,
    }
    return Report(**figures | changes)


def everything() -> Facts:
    """Facts with all that a page can show."""
    network = small()
    adders = {node.name: 11 for node in network.nodes}
    return Facts(
        network=network,
        digest=digest(network),
        runs=[
            Run(kind="teacher", title="teacher", what="wide", accuracy=0.99, multiplications=80000),
            Run(kind="run", title="other", what="seed 4", accuracy=0.9, multiplications=20),
            Run(kind="published", title="known", what="", accuracy=0.98, multiplications=None),
        ],
        adders=adders,
        board=BOARD,
        planned=plan(),
        built=built(),
        notes=["metrics.json is of another network: it was left out"],
    )
