"""The picture of the front."""

from xml.etree import ElementTree

import matplotlib as mpl
import pytest

from mulbudget.sweep.front import points
from mulbudget.sweep.picture import picture
from tests.sweep.test_front import result

RUNS = [
    result(budget, seed, accuracy=0.7 + budget / 200 + seed / 50, lut=40 * budget + seed)
    for budget in (4, 8, 28)
    for seed in (0, 1, 2)
]


def texts(svg: bytes) -> list[str]:
    tree = ElementTree.fromstring(svg)
    return [each.text or "" for each in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_it_names_axes_and_budgets() -> None:
    shown = texts(picture(points(RUNS), "digits on icebreaker"))
    assert "digits on icebreaker" in shown
    for axis in ("LUTs", "multiplications", "hardware multipliers"):
        assert f"{axis} (fewer is better)" in shown
    assert "samples per second (more is better)" in shown
    assert shown.count("28") == 5  # beside its point in four panels, and on one axis


def test_the_same_results_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = picture(points(RUNS), "title")
    monkeypatch.setitem(mpl.rcParams, "font.size", 20)
    monkeypatch.setitem(mpl.rcParams, "svg.hashsalt", None)
    assert picture(points(RUNS[::-1]), "title") == first
    assert mpl.rcParams["font.size"] == 20
    assert picture(points(RUNS[:-1]), "title") != first


def test_runs_that_do_not_fit_have_no_point() -> None:
    none = [result(budget, accuracy=0.9, lut=None) for budget in (4, 8)]
    shown = texts(picture(points(none), "title"))
    assert shown.count("nothing fits") == 3
    assert shown.count("4") == 2
