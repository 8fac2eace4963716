import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.spn import UserError
from mulbudget.spn.scheme import Scheme, nest, product_tensor, standard
from tests.algorithms import STRASSEN, product

SIZES = st.integers(1, 3)


@given(SIZES, SIZES, SIZES)
def test_the_standard_algorithm_multiplies(k: int, m: int, n: int) -> None:
    scheme = standard(k, m, n)
    assert scheme.r == k * m * n
    assert scheme.naive_additions == k * n * (m - 1)
    assert product_tensor(k, m, n).sum() == scheme.r
    expect_products(scheme)


def test_strassens_algorithm_multiplies() -> None:
    assert (STRASSEN.r, STRASSEN.naive_additions) == (7, 18)
    expect_products(STRASSEN)


@given(SIZES, SIZES, SIZES)
def test_algorithms_nest_in_either_order(k: int, m: int, n: int) -> None:
    other = standard(k, m, n)
    for scheme in (nest(STRASSEN, other), nest(other, STRASSEN)):
        assert (scheme.k, scheme.m, scheme.n) == (2 * k, 2 * m, 2 * n)
        assert scheme.r == 7 * other.r
        expect_products(scheme)


def test_an_inexact_algorithm_is_refused_with_the_entry() -> None:
    wc = STRASSEN.wc.copy()
    wc[0, 0] = -wc[0, 0]
    with pytest.raises(UserError, match=r"not exact: c11 has a11 b11 -1 times, not 1 times"):
        Scheme(2, 2, 2, STRASSEN.wa, STRASSEN.wb, wc)


def test_entries_of_large_matrices_are_told_apart() -> None:
    scheme = standard(11, 1, 1)
    with pytest.raises(UserError, match=r"c\[11,1\] has a\[11,1\] b\[1,1\] 0 times, not 1 times"):
        Scheme(11, 1, 1, scheme.wa[:10], scheme.wb[:10], scheme.wc[:, :10])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 0}, "sizes of 1 or more"),
        ({"k": 100, "m": 100}, "equations"),
        ({"wa": STRASSEN.wa[:, :3]}, r"wa has shape \(7, 3\).*\(7, 4\)"),
        ({"wb": STRASSEN.wb[:6]}, r"wb has shape \(6, 4\).*\(7, 4\)"),
        ({"wc": 2 * STRASSEN.wc}, r"wc\[0, 0\] is 2, not -1, 0 or 1"),
        ({"wa": np.zeros((0, 4), np.int8)}, "at least one product"),
    ],
)
def test_what_is_no_scheme_is_refused(change: dict, message: str) -> None:
    fields = {name: getattr(STRASSEN, name) for name in ("k", "m", "n", "wa", "wb", "wc")}
    with pytest.raises(UserError, match=message):
        Scheme(**(fields | change))


def expect_products(scheme: Scheme) -> None:
    random = np.random.default_rng(0)
    a = random.integers(-100, 100, (20, scheme.k, scheme.m))
    b = random.integers(-100, 100, (20, scheme.m, scheme.n))
    assert (product(scheme, a, b) == a @ b).all()
