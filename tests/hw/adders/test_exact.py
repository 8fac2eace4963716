"""Searches and bounds beside what tiny matrices need for certain."""

from functools import partial
from typing import NamedTuple

import numpy as np
import pytest

from mulbudget.hw.adders import lower_bound, optimize
from tests.hw.adders.exact import doubling, fewest_adders, ternary, without_cancelling


class Fewest(NamedTuple):
    """The fewest adders of graphs in which nothing cancels, that are ternary, and that double."""

    without_cancelling: int
    ternary: int
    doubling: int


CASES = {
    "++0 +-0 00+": Fewest(2, 2, 2),
    "+-- -++ ++0": Fewest(3, 3, 3),
    "+++ --+ -++": Fewest(5, 5, 4),
    "0-- -++ +-+ --+": Fewest(5, 5, 4),
    "0+-+ -0+0 0-+0": Fewest(3, 3, 3),
    "+--- ++++ 0++-": Fewest(5, 5, 5),
    "++0- --0- -++-": Fewest(6, 6, 5),
    "++++ +-+- ++-- +--+": Fewest(8, 8, 7),  # Hadamard
    "+0+- +-+- +0+0 0++-": Fewest(5, 5, 5),
    "-0-0 0--+ +0+- ---+": Fewest(5, 4, 4),
    "---+ 0-0+ +0+- ++--": Fewest(6, 5, 5),
    "+--- ++++ 0++- +-+-": Fewest(8, 7, 6),
    "-00- ---- --++ +++-": Fewest(7, 7, 5),
    "+--- ++++ 0++- +-+- +0-0": Fewest(8, 8, 7),
    "++0- --0- -++- 0+++ -0+-": Fewest(8, 7, 7),
    "-00- ---- --++ +++- +0-+": Fewest(8, 8, 6),
}
"""Matrices, a word a row."""

HARD, LONG = {"++++ +-+- ++-- +--+"}, 100_000
"""What takes more iterations: 7 adders are far from the 8 of the fast transform."""

PRODUCTS = {
    "+00+ 00++ +000 000+ ++00 -0+0 0+0-": 5,  # Strassen (1969), 5 + 5 + 8: of one matrix,
    "+00+-0+ 00+0+00 0+0+000 +-+00+0": 8,  # and of the products
    "+000 0+00 ++-- 000+ 00++ -0++ +0-0": 4,  # Winograd's 4 + 4 + 7
    "++00000 +0+0++0 +00-0++ +000+++": 7,
}
"""Of two matrices of 2 x 2, with 7 multiplications, and their adders."""


def parse(text: str) -> np.ndarray:
    return np.array([["-0+".index(entry) - 1 for entry in row] for row in text.split()])


@pytest.mark.parametrize(("text", "fewest"), CASES.items(), ids=CASES)
def test_all_graphs_have_been_tried(text: str, fewest: Fewest) -> None:
    adders = partial(fewest_adders, parse(text))
    assert (adders(without_cancelling), adders(ternary), adders(doubling)) == fewest


@pytest.mark.parametrize(("text", "fewest"), CASES.items(), ids=CASES)
def test_the_search_finds_the_fewest(text: str, fewest: Fewest) -> None:
    graph = optimize(parse(text), iterations=LONG if text in HARD else 30_000)
    assert graph.adders == fewest.doubling
    assert lower_bound(parse(text)) <= graph.adders


@pytest.mark.parametrize(("text", "adders"), PRODUCTS.items(), ids=PRODUCTS)
def test_strassen_and_winograd_are_found_and_proven(text: str, adders: int) -> None:
    assert optimize(parse(text), iterations=2000).adders == adders
    assert lower_bound(parse(text)) == adders
