"""The honest front: accuracy against area, of sum-product networks and of what else there is.

On digits and on MNIST. Every network learns from the same part of the training set, distorted alike
and with the same teacher, and takes the same pixels; settings are chosen by the part that is held
out, and the test set is looked at last. All of them become Verilog, and the same Yosys and nextpnr
say what they take of an ECP5.

Each result is kept in a file of `build/bench/front` as it comes, and all of them at the end in
`bench/front.json`; what is there is not made again: delete its rows for new ones.
"""

import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from functools import cache
from itertools import product
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import numpy as np
import typer

from bench import dense, peers, quantized
from bench.area import LEVELS, Area, area_of_argmax, area_of_network, packed
from bench.course import Course
from bench.dense import Integers
from bench.front_picture import picture
from bench.front_settings import BASE, LEARNED, OWN, SEEDS, SERIES, SETTINGS, Setting
from bench.pareto import Point, front, merged, regions
from bench.report import FOLDER, Row, report
from mulbudget.cli.console import console
from mulbudget.spn import Range
from mulbudget.spn.files import make_folder, write_whole
from mulbudget.train.recipe import DenseRecipe
from mulbudget.train.recipes import find_recipe
from mulbudget.train.settings import override

KEPT = Path(__file__).parent / "front.json"
IMAGES = Path(__file__).parent.parent / "docs" / "images"

COME = FOLDER / "front"

LEAST = 0.0
"""Lead in accuracy from which it counts."""

_SHOWN = {"digits": 0.9, "mnist": 0.9}
"""Accuracy from which a picture shows a setting."""

Result = dict[str, Any]
"""Of one setting and seed: what it is, two accuracies, and its cells."""


class Name(StrEnum):
    """A data set."""

    DIGITS = "digits"
    MNIST = "mnist"


def main(
    names: Annotated[list[Name] | None, typer.Argument(help="Both, without any.")] = None,
    series: Annotated[
        list[str] | None, typer.Option(help=f"Make these only: {', '.join(SERIES)}.")
    ] = None,
    seeds: Annotated[
        list[int] | None, typer.Option("--seed", help="Make these only; all of them by default.")
    ] = None,
    draw: Annotated[
        bool, typer.Option("--draw", help="Make none; print and draw what is known.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="Folder of MNIST.", envvar="MULBUDGET_DATA")
    ] = None,
) -> None:
    """Train, build and compare all that is not kept already; then table and picture."""
    for name in names or list(Name):
        for seed, setting in product(() if draw else seeds or SEEDS[name], SETTINGS[name]):
            if series is None or setting.series in series:
                make(name, setting, seed, data)
        _show(name)


def results() -> list[Result]:
    """All that is known: what is in the repository, and what has come since."""
    rows = json.loads(KEPT.read_text()) if KEPT.exists() else []
    come = [json.loads(each.read_text()) for each in sorted(COME.glob("*.json"))]
    return sorted({_key(row): row for row in [*come, *rows]}.values(), key=_key)


def _key(row: Result) -> tuple[str, str, str, int]:
    return row["dataset"], row["series"], row["setting"], row["seed"]


def make(name: str, setting: Setting, seed: int, data: Path | None) -> None:
    """Measure a setting, unless it is known; say why where it cannot be."""
    row: Result = {
        "dataset": str(name),
        "series": setting.series,
        "setting": setting.name,
        "seed": seed,
    }
    if any(_key(each) == _key(row) for each in results()):
        return
    if isinstance(setting.change, dense.Dense) and missing():
        console().print(f"{setting.name} is left out: {missing()}")
        return
    course = _course(name, seed, data)
    if isinstance(setting.change, dense.Dense):
        row |= _of_dense(course, setting.change)
    else:
        network = course.learn(setting.change)
        row |= _accuracies(course, lambda x: network.run(x)[:, 0])
        row |= asdict(area_of_network(network))
        if setting.series == LEARNED and seed == 0:  # products that are shared are worth a look
            every = area_of_network(network, dsp=None)
            row |= {"lut_with_dsp": every.lut, "dsp": every.dsp}
    console().print(row)
    file = "-".join([name, *setting.name.split(), str(seed)]).replace("/", "_")
    write_whole(make_folder(COME) / f"{file}.json", json.dumps(row, indent=1) + "\n")


def missing() -> str:
    """What the peers lack, in a sentence; empty where they are installed."""
    if quantized.installed() and "da4ml" in peers.installed():
        return ""
    return "it needs da4ml and brevitas (pip install -e '.[peers,qat]')"


@cache
def _course(name: str, seed: int, data: Path | None) -> Course:
    recipe = find_recipe(name)
    if not isinstance(recipe, DenseRecipe):
        raise TypeError(f"recipe {name} is not of a dense network")
    return Course.begin(override(recipe, BASE[name]), seed, data)


def _of_dense(course: Course, wanted: dense.Dense) -> Result:
    layers = dense.learn(course, wanted)
    x = course.data.x_test.astype(np.int64)
    return {
        **_accuracies(course, lambda x: dense.logits(layers, x).argmax(axis=1)),
        **asdict(area_of_dense(layers, course.samples.high, x)),
    }


def _accuracies(course: Course, classify: Callable[[Integers], Integers]) -> Result:
    held = classify(course.x_validation.astype(np.int64)) == course.y_validation
    test = classify(course.data.x_test.astype(np.int64)) == course.data.y_test
    return {"validation": float(held.mean()), "test": float(test.mean())}


def area_of_dense(layers: Sequence[peers.DenseLayer], high: int, x: Integers) -> Area:
    """Of layers as da4ml compiles them for pixels from 0 to `high`, with our argmax behind.

    Raises
    ------
    RuntimeError
        When da4ml's logic does not give the integers of the layers for the pixels `x`.
    """
    logic = peers.trace_dense(layers, high)
    if not np.array_equal(logic.predict(x.astype(np.float64)), dense.logits(layers, x)):
        raise RuntimeError("da4ml compiled another network")
    with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as temporary:
        sources = peers.write(logic, LEVELS, Path(temporary))
        area = packed(sources, Path(temporary))
    return area + area_of_argmax(Range(*map(tuple, peers.ends(logic))))


def points(rows: Iterable[Result]) -> list[Point]:
    """Settings of one data set, each the mean over its seeds."""
    groups: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for row in rows:
        groups[row["series"], row["setting"]].append(row)
    return [
        Point(
            series=series,
            setting=setting,
            area=mean(row["lut"] for row in those),
            validation=mean(row["validation"] for row in those),
            test=mean(row["test"] for row in those),
        )
        for (series, setting), those in groups.items()
    ]


def _show(name: str) -> None:
    """Keep all results in the repository; print, draw and compare those of a data set."""
    rows = results()
    write_whole(KEPT, json.dumps(rows, indent=1) + "\n")
    mine = [row for row in rows if row["dataset"] == name]
    found = points(mine)
    lines = {each: front(p for p in found if p.series == each) for each in SERIES}
    report(f"front-{name}", _table(mine, found, lines))
    own = front(p for p in found if p.series in OWN)
    others = [line for series, line in lines.items() if series not in OWN]
    for region in merged(regions(own, others), LEAST):
        console().print(
            f"from {region.start:,.0f} up to {region.end:,.0f} LUTs sum-product networks are more "
            f"accurate than every peer, by {region.lead:.2%} at least"
        )
    write_whole(IMAGES / f"front-{name}.svg", picture(name, found, lines, _SHOWN[name]))


def _table(
    rows: Sequence[Result], found: Sequence[Point], lines: Mapping[str, Sequence[Point]]
) -> Iterator[Row]:
    """A row for each setting, by series and area; those on the front of their series are marked."""
    for point in sorted(found, key=lambda each: (SERIES.index(each.series), each.area)):
        those = [row for row in rows if _key(row)[1:3] == (point.series, point.setting)]
        yield {
            "series": point.series,
            "setting": point.setting,
            "front": "yes" if point in lines[point.series] else "",
            "seeds": len(those),
            "validation": point.validation,
            "test": point.test,
            "LUTs": round(point.area),
            "FFs": round(mean(row["ff"] for row in those)),
        }
