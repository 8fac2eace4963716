import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.adders import optimize
from mulbudget.schemes.basis import change_basis
from mulbudget.schemes.fewer import estimate, fewer_additions
from mulbudget.schemes.masks import from_masks, to_masks
from mulbudget.schemes.price import adders
from mulbudget.schemes.walk import lower
from mulbudget.spn import standard
from tests.algorithms import STRASSEN

SIZES = st.tuples(*[st.integers(1, 3)] * 3)


@given(
    SIZES,
    st.lists(
        st.tuples(
            st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.sampled_from([-1, 1])
        ),
        max_size=4,
    ),
)
def test_a_change_of_basis_keeps_a_scheme_exact(
    size: tuple[int, int, int], steps: list[tuple[int, int, int, int]]
) -> None:
    masks = to_masks(standard(*size), 27)
    for which, one, other, sign in steps:
        if one == other or max(one, other) >= size[which]:
            continue
        if not change_basis(masks, *size, which, one, other, sign):
            return
        from_masks(masks, *size)


def test_a_change_of_basis_is_one() -> None:
    masks = to_masks(STRASSEN, 7)
    changed = sum(
        change_basis(to_masks(STRASSEN, 7), 2, 2, 2, which, one, 1 - one, sign)
        for which in range(3)
        for one in range(2)
        for sign in (-1, 1)
    )
    assert changed > 0
    assert (masks.factors == to_masks(STRASSEN, 7).factors).all()


def test_the_estimate_is_an_upper_bound_of_the_optimum() -> None:
    for scheme in (STRASSEN, standard(2, 3, 2)):
        assert estimate(scheme) >= sum(adders(scheme, iterations=300))
    assert estimate(STRASSEN) == 18
    assert estimate(standard(2, 3, 2)) == 8


@given(st.integers(0, 1 << 30))
def test_the_estimate_counts_what_sharing_leaves(seed: int) -> None:
    """Where no pair occurs twice, it is the naive count."""
    scheme = lower(standard(2, 2, 2), 8, seed=[seed], steps=10)
    assert estimate(scheme) <= scheme.naive_additions


def test_annealing_reaches_winograds_15_additions_with_7_products() -> None:
    start = lower(standard(2, 2, 2), 7, seed=[0], steps=1_000_000)
    best = min(
        (fewer_additions(start, seed=[seed], steps=20_000) for seed in range(3)), key=estimate
    )
    assert (best.r, estimate(best)) == (7, 15)
    assert adders(best, iterations=200) == (4, 4, 7)
    again = fewer_additions(start, seed=[0], steps=2000)
    assert (again.wa == fewer_additions(start, seed=[0], steps=2000).wa).all()


def test_annealing_that_is_stopped_gives_its_start() -> None:
    start = lower(standard(2, 2, 2), 7, seed=[0], steps=1_000_000)
    stopped = fewer_additions(start, seed=[0], steps=1000, stopped=lambda: True)
    assert estimate(stopped) == estimate(start)


def test_a_price_is_that_of_the_graphs() -> None:
    graphs = [optimize(each, iterations=50) for each in (STRASSEN.wa, STRASSEN.wb, STRASSEN.wc)]
    assert adders(STRASSEN, iterations=50) == tuple(graph.adders for graph in graphs)
    assert np.array_equal(graphs[2].matrix(), STRASSEN.wc)
