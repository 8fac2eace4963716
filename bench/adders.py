"""Adder graphs: how many adders and LUTs, beside da4ml and alkaid and published figures.

All of it takes three hours, one of them for the schemes. Each section prints a table and leaves it
in `build/bench`, as Markdown and as JSON.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from itertools import chain
from typing import Annotated

import numpy as np
import typer

from bench import luts, peers
from bench.matrices import RANDOM, Matrix, Random, Scheme, schemes, trained
from bench.report import Row, report
from bench.rtl import simulated
from bench.search import timed
from mulbudget.cli.console import console
from mulbudget.hw.adders import least_depth

SHORTEST = 0.05
"""Seconds that a search gets at least."""

LONG = 10.0
"""Seconds of a search that a patient user starts."""

FAST = 30
"""How many times faster than da4ml, for the largest matrix."""

ABOVE = (0, 2)
"""Adders on the longest way more than the fewest there can be."""

LAYER_SECONDS = {"cifar10-twn-conv1": 10.0, "cifar10-twn-conv3": 120.0}


class Section(StrEnum):
    """One question each."""

    RANDOM = "random"
    FAST = "fast"
    DEPTH = "depth"
    SCHEMES = "schemes"
    TRAINED = "trained"
    LUTS = "luts"
    COST = "cost"
    RTL = "rtl"


GROUPS = {Section.DEPTH: "least depth", Section.LUTS: "family", Section.COST: "family"}
"""By which column a section is summed up, where not as a whole."""


def main(
    sections: Annotated[list[Section] | None, typer.Argument(help="All, without any.")] = None,
    seconds: Annotated[float, typer.Option(help="For each scheme, on two cores.")] = 60.0,
    first: Annotated[int | None, typer.Option(help="Only so many cases of each section.")] = None,
) -> None:
    """Count adders and LUTs, beside da4ml and alkaid and published figures."""
    rows: dict[Section, Callable[[], Iterator[Row]]] = {
        Section.RANDOM: lambda: map(against_peers, RANDOM[:first]),
        Section.FAST: lambda: faster(RANDOM[-1]),
        Section.DEPTH: lambda: chain.from_iterable(map(at_depths, RANDOM[:first])),
        Section.SCHEMES: lambda: (against_scheme(each, seconds) for each in schemes()[:first]),
        Section.TRAINED: lambda: (against_published(*each) for each in trained()[:first]),
        Section.LUTS: lambda: chain.from_iterable(map(luts.against_peers, luts.CASES[:first])),
        Section.COST: lambda: chain.from_iterable(map(luts.estimates, luts.CASES[:first])),
        Section.RTL: lambda: (simulated(*each) for each in _all_matrices(first)),
    }
    console().print(f"compared with: {peers.versions()}")
    _warm_up()
    for section in sections or list(Section):
        report(f"adders-{section}", rows[section](), GROUPS.get(section))


def against_peers(case: Random) -> Row:
    """Ours in the time that da4ml takes, and in `LONG`."""
    matrix = case.matrix()
    theirs = {name: peers.solve(name, matrix) for name in peers.installed()}
    row: Row = {"matrix": case.name}
    for name, found in theirs.items():
        row |= {name: found.adders, f"{name} s": found.seconds}
    return row | _ours(matrix, theirs.get("da4ml"))


def faster(case: Random) -> Iterator[Row]:
    """Ours in a small part of the time that da4ml takes."""
    if "da4ml" not in peers.installed():
        return
    matrix = case.matrix()
    theirs = peers.solve("da4ml", matrix)
    graph, took = timed(matrix, theirs.seconds / FAST)
    yield {
        "matrix": case.name,
        "da4ml": theirs.adders,
        "da4ml s": theirs.seconds,
        "ours": graph.adders,
        "ours s": took,
        "times as fast": theirs.seconds / took,
        "ratio": graph.adders / theirs.adders,
    }


def at_depths(case: Random) -> Iterator[Row]:
    """Ours no deeper than da4ml's, whose depth is limited."""
    matrix = case.matrix()
    for above in ABOVE:
        most = least_depth(matrix) + above
        row: Row = {"matrix": case.name, "least depth": f"+ {above}"}
        theirs = {name: peers.solve(name, matrix, above) for name in peers.installed()}
        for name, found in theirs.items():
            row |= {name: found.adders, f"{name} s": found.seconds, f"{name} depth": found.depth}
        da4ml = theirs.get("da4ml")
        most = min(most, da4ml.depth) if da4ml else most
        yield row | {"our depth at most": most} | _ours(matrix, da4ml, most)


def against_scheme(scheme: Scheme, seconds: float) -> Row:
    """The three parts of a scheme: the one of most terms on one core, the others on another."""
    largest, *others = sorted(scheme.parts, key=np.count_nonzero, reverse=True)
    terms = sum(map(np.count_nonzero, others))
    start = time.perf_counter()
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(timed, largest, seconds)
        graphs = [timed(each, seconds * np.count_nonzero(each) / terms)[0] for each in others]
        graphs.append(found.result()[0])
    took = time.perf_counter() - start
    adders = sum(graph.adders for graph in graphs)
    return {
        "scheme": scheme.name,
        "published": scheme.published,
        "ours": adders,
        "ours s": took,
        "ratio": adders / scheme.published,
    }


def against_published(name: str, published: int, matrix: Matrix) -> Row:
    """A trained layer."""
    graph, took = timed(matrix, LAYER_SECONDS[name])
    return {
        "layer": name,
        "published": published,
        "ours": graph.adders,
        "ours s": took,
        "ratio": graph.adders / published,
    }


def _ours(matrix: Matrix, theirs: peers.Solution | None, max_depth: int | None = None) -> Row:
    """In da4ml's time, where there is one, and in `LONG`."""
    row: Row = {}
    times = {f"{LONG:g} s": LONG}
    if theirs is not None:
        times = {"same time": max(theirs.seconds, SHORTEST), **times}
    for name, seconds in times.items():
        graph, took = timed(matrix, seconds, max_depth)
        row |= {f"ours, {name}": graph.adders, f"took, {name}": took}
        if theirs is not None:
            row[f"ratio, {name}"] = graph.adders / theirs.adders
    return row


def _all_matrices(first: int | None) -> Iterator[tuple[str, Matrix]]:
    """Those of the other sections: the parts of a scheme side by side, as one."""
    yield from ((case.name, case.matrix()) for case in RANDOM[:first])
    yield from ((each.name, _side_by_side(each.parts)) for each in schemes()[:first])
    yield from ((each.name, each.matrix) for each in trained()[:first])


def _side_by_side(parts: Sequence[Matrix]) -> Matrix:
    """A matrix that has each part on its diagonal."""
    whole = np.zeros(np.sum([part.shape for part in parts], axis=0), np.int64)
    row = column = 0
    for part in parts:
        whole[row : row + part.shape[0], column : column + part.shape[1]] = part
        row, column = row + part.shape[0], column + part.shape[1]
    return whole


def _warm_up() -> None:
    """Compile the search, which no time is measured of."""
    matrix = RANDOM[0].matrix()
    timed(matrix, SHORTEST)
    timed(matrix, SHORTEST, least_depth(matrix))
