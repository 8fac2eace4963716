import numpy as np

from mulbudget.schemes.walk import elsewhere, lower
from mulbudget.spn import Scheme, standard
from tests.algorithms import STRASSEN


def alike(one: Scheme, other: Scheme) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("wa", "wb", "wc")
    )


def test_a_walk_from_the_standard_algorithm_comes_to_seven_products() -> None:
    found = lower(standard(2, 2, 2), 7, seed=[1], steps=1_000_000)
    assert found.r == 7
    assert alike(found, lower(standard(2, 2, 2), 7, seed=[1], steps=1_000_000))


def test_it_stops_at_the_rank_and_when_told() -> None:
    assert lower(STRASSEN, 7, seed=[0], steps=1000).r == 7
    assert lower(standard(2, 2, 2), 7, seed=[1], steps=1_000_000, stopped=lambda: True).r == 8
    assert lower(standard(3, 3, 3), 27, seed=[1], steps=1000).r == 27


def test_elsewhere_is_another_algorithm_of_as_many_products() -> None:
    found = [elsewhere(STRASSEN, seed=[seed], steps=1_000_000) for seed in range(4)]
    assert {each.r for each in found} == {7}
    assert not all(alike(each, STRASSEN) for each in found)


def test_elsewhere_stays_where_it_may_not_move() -> None:
    assert elsewhere(STRASSEN, seed=[0], steps=1_000_000, stopped=lambda: True) is STRASSEN
