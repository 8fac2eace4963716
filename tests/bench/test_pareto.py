"""Fronts: what an area allows, and where one front is above others."""

from hypothesis import given
from hypothesis import strategies as st

from bench.pareto import Point, Region, best, front, merged, regions


def point(area: float, test: float, validation: float | None = None) -> Point:
    chosen = test if validation is None else validation
    return Point(series="s", setting=f"{area}", area=area, validation=chosen, test=test)


POINTS = st.lists(
    st.builds(point, st.integers(1, 50), st.integers(0, 9), st.integers(0, 9)), max_size=20
)


def test_a_point_is_on_the_front_where_nothing_as_small_is_as_accurate() -> None:
    small, large, beaten = point(10, 0.8), point(30, 0.9), point(20, 0.8)
    assert front([large, beaten, small]) == [small, large]


def test_validation_chooses_and_the_test_set_does_not() -> None:
    chosen, lucky = point(10, 0.7, validation=0.9), point(20, 0.99, validation=0.8)
    assert front([chosen, lucky]) == [chosen]


@given(POINTS, st.integers(0, 60))
def test_a_front_has_for_each_area_what_is_most_accurate_in_it(
    points: list[Point], area: int
) -> None:
    found = best(front(points), area)
    fitting = [each.validation for each in points if each.area <= area]
    assert (found.validation if found else None) == max(fitting, default=None)
    assert found is None or found.area <= area


def test_regions_go_from_step_to_step_and_are_measured_on_the_test_set() -> None:
    mine = front([point(10, 0.8), point(30, 0.9)])
    others = [front([point(20, 0.7)]), front([point(25, 0.85)])]
    found = regions(mine, others)
    assert [(each.start, each.end, round(each.lead, 6)) for each in found] == [
        (20, 25, 0.1),
        (25, 30, -0.05),
        (30, float("inf"), 0.05),
    ]


def test_regions_that_are_won_side_by_side_are_one_with_the_least_lead() -> None:
    found = [
        Region(start=1, end=2, lead=0.3),
        Region(start=2, end=3, lead=0.1),
        Region(start=3, end=4, lead=-0.1),
        Region(start=4, end=5, lead=0.2),
    ]
    assert merged(found) == [Region(start=1, end=3, lead=0.1), Region(start=4, end=5, lead=0.2)]
    assert merged(found, least=0.15) == [
        Region(start=1, end=2, lead=0.3),
        Region(start=4, end=5, lead=0.2),
    ]
