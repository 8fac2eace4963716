"""Charts: what is drawn is where it belongs, and nothing is written over something else."""

import math
import re
from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.estimate import Need
from mulbudget.report.accuracy import accuracy_chart
from mulbudget.report.axes import NARROW, WIDE, Scale, compact
from mulbudget.report.bars import comparison, saved, savings, utilisation
from mulbudget.report.curve import curve_chart, spans
from mulbudget.report.facts import layers_of
from mulbudget.report.labels import Labels
from mulbudget.report.runs import Run
from mulbudget.report.svg import Picture, shortened, text_width
from tests.report.facts import BOARD, built, everything, plan

WIDTHS = pytest.mark.parametrize("width", [WIDE, NARROW])


def run(title: str, accuracy: float, multiplications: int | None) -> Run:
    return Run(kind="run", title=title, what="", accuracy=accuracy, multiplications=multiplications)


def elements(picture: object, tag: str, classes: str = "") -> list[dict[str, str]]:
    found = Xml.fromstring(str(picture)).iter(tag)
    return [
        each.attrib for each in found if classes in each.get("class", "").split() or not classes
    ]


@given(
    st.floats(1e-6, 1e9), st.floats(1.001, 1e6), st.booleans(), st.floats(0, 1, exclude_min=True)
)
def test_a_scale_is_even_and_its_ticks_are_inside(
    low: float, times: float, log: bool, at: float
) -> None:
    scale = Scale(low, low * times, 50, 150, log=log)
    value = low * times**at if log else low + low * (times - 1) * at
    assert scale(value) == pytest.approx(50 + 100 * at, abs=1e-3)
    assert all(low * 0.999999 <= tick <= low * times * 1.000001 for tick in scale.ticks)
    assert len(scale.ticks) <= 12


def test_ticks_are_round() -> None:
    assert Scale(0.968, 0.997, 0, 1).ticks == pytest.approx([0.97, 0.975, 0.98, 0.985, 0.99, 0.995])
    assert Scale(20, 2e6, 0, 1, log=True).ticks == pytest.approx([1e2, 1e3, 1e4, 1e5, 1e6])
    assert [compact(value) for value in (25e6, 2083333, 980, 31888)] == [
        "25 M",
        "2.08 M",
        "980",
        "31.9 k",
    ]


@WIDTHS
def test_more_multiplications_are_further_right_and_more_accuracy_is_higher(width: int) -> None:
    own, others = run("own", 0.97, 28), [run("more", 0.99, 900), run("less", 0.9, 5)]
    others.append(run("unknown", 0.5, None))
    picture = accuracy_chart(own, others, 2368, width)
    marks = elements(picture, "circle")
    # The own point is drawn last, over the others.
    less, more, mine = ((float(each["cx"]), float(each["cy"])) for each in marks)
    assert less[0] < mine[0] < more[0] and less[1] > mine[1] > more[1]
    dense = [each for each in elements(picture, "path") if each["class"] == "twin"]
    twin = float(re.findall(r"[\d.]+", dense[0]["d"])[0])
    assert more[0] < twin < width
    step = (more[0] - mine[0]) / math.log(900 / 28)
    assert twin - more[0] == pytest.approx(step * math.log(2368 / 900), abs=0.1)


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 200)), max_size=12), st.text(max_size=30))
def test_labels_are_inside_and_apart(points: list[tuple[float, float]], text: str) -> None:
    picture = Picture(300, 200, "")
    labels = Labels(picture, points, (0, 0, 300, 200))
    written = sum(labels.put(point, text, "") for point in points)
    boxes = []
    for each in elements(picture, "text"):
        wide = text_width(shortened(text, 180, 13), 13)
        shift = {"start": 0, "end": wide, "middle": wide / 2}[each["text-anchor"]]
        left, bottom = float(each["x"]) - shift, float(each["y"])
        boxes.append((left, bottom - 10, left + wide, bottom + 3))
    assert len(boxes) == written
    for left, top, right, bottom in boxes:
        assert left >= -0.01 and top >= -0.01 and right <= 300.01 and bottom <= 200.01
    for one, other in combinations(boxes, 2):
        assert (
            one[2] < other[0] + 0.02
            or other[2] < one[0] + 0.02
            or (one[3] < other[1] + 0.02 or other[3] < one[1] + 0.02)
        )


@given(st.text(max_size=60), st.floats(5, 300))
def test_a_shortened_text_has_room(text: str, width: float) -> None:
    short = shortened(text, width, 13)
    assert text_width(short, 13) <= max(width, text_width("…", 13))
    assert short == text or short.endswith("…")


@WIDTHS
def test_the_curve_is_one_line_of_steps_through_every_choice(width: int) -> None:
    picture = curve_chart(plan(), width)
    line = next(each for each in elements(picture, "path") if each["class"] == "curve")
    numbers = [float(each) for each in re.findall(r"[\d.]+", line["d"])]
    corners = list(zip(numbers[::2], numbers[1::2], strict=True))
    for (x, y), (next_x, next_y) in pairwise(corners):
        assert x == next_x or y == next_y
        assert next_x <= x and next_y >= y
    points = [
        (float(each["cx"]), float(each["cy"])) for each in elements(picture, "circle", "point")
    ]
    assert len(points) == len(plan().front) > 2
    assert set(points) <= set(corners)


def test_the_curve_is_beside_what_the_board_has() -> None:
    picture = curve_chart(plan(), WIDE)
    (limit,) = (each for each in elements(picture, "path") if each["class"] == "limit")
    at = float(re.findall(r"[\d.]+", limit["d"])[1])
    assert all(float(each["cy"]) > at for each in elements(picture, "circle", "point"))
    assert f"{BOARD.name} has {BOARD.capacity.lut:,} LUTs" in str(picture)
    assert not elements(picture, "circle", "beyond")


def test_choices_beyond_the_board_are_hollow() -> None:
    middle = plan().front[len(plan().front) // 2].total.lut
    small = replace(plan(), limit=replace(plan().limit, lut=middle))
    hollow = elements(curve_chart(small, WIDE), "circle", "beyond")
    assert len(hollow) == sum(each.total.lut > middle for each in small.front) > 0


@WIDTHS
def test_every_layer_has_its_styles_below_the_curve(width: int) -> None:
    """From end to end, so that each speed has a style of each layer."""
    picture = curve_chart(plan(), width)
    for name in plan().choice.styles:
        titles = Xml.fromstring(str(picture)).iter("rect")
        rects = [each for each in titles if (each.findtext("title") or "").startswith(f"{name}: ")]
        ends = sorted(
            (float(each.attrib["x"]), float(each.attrib["width"]) + 1.5) for each in rects
        )
        for (x, wide), (next_x, _) in pairwise(ends):
            assert next_x == pytest.approx(x + wide, abs=1)


def test_spans_meet() -> None:
    found = spans(plan(), 1.0)
    for (left, _, _), (_, right, _) in pairwise(found):
        assert left == right
    assert found[-1][0] == 1.0


def test_bars_of_a_board() -> None:
    groups = utilisation(plan())
    assert [group.title for group in groups] == [
        "LUTs",
        "flip-flops",
        "multipliers",
        "blocks of RAM",
        "LUTs in carry chains",
    ]
    lut = groups[0].bars[0]
    assert lut.share == pytest.approx(plan().choice.total.lut / BOARD.capacity.lut, rel=1e-3)
    assert lut.mark == pytest.approx(0.9)
    assert groups[2].bars[0].mark is None


def test_estimates_beside_what_was_built() -> None:
    total = Need(lut=5500, ff=630, dsp=28, bram=0)
    said = replace(plan(), choice=replace(plan().choice, total=total))
    remarks = [group.remark for group in comparison(said, built())]
    assert remarks == ["+10.0 %", "-10.0 %", "exact", "exact"]
    assert [len(group.bars) for group in comparison(None, built())] == [1, 1, 1, 1]
    assert comparison(said, built(lut=None, ff=None, dsp=None, bram=None)) == []


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (28, 2368, "98.8 % fewer"),
        (61, 100, "39 % fewer"),
        (28, 24, "17 % more"),
        (4, 4, "as many"),
        (3, 0, "as many"),
    ],
)
def test_what_is_saved_in_words(now: int, before: int, words: str) -> None:
    assert saved(now, before) == words


def test_savings_compare_sums_with_sums() -> None:
    layers = layers_of(everything())
    groups = savings(layers)
    assert [group.title for group in groups] == ["fc1", "fc2"]
    naive, shared = groups[0].bars
    first = layers[0]
    assert first.counts is not None
    biases = 24  # random ones, of which none is 0
    assert naive.text == f"{first.counts.additions - biases:,}"
    assert shared.text == "11"
