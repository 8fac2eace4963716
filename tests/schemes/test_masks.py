import numpy as np
import pytest

from mulbudget.schemes.masks import canonical, check_fits, from_masks, to_masks
from mulbudget.spn import Scheme, UserError, standard
from tests.algorithms import STRASSEN, with_dead


def test_a_scheme_comes_back_from_its_masks() -> None:
    masks = to_masks(STRASSEN, 9)
    back = from_masks(masks, 2, 2, 2)
    for p in range(7):  # signs within a product may have moved to C
        before = np.einsum("i,j,l", STRASSEN.wa[p], STRASSEN.wb[p], STRASSEN.wc[:, p])
        assert (np.einsum("i,j,l", back.wa[p], back.wb[p], back.wc[:, p]) == before).all()


def test_factors_that_are_equal_up_to_sign_have_the_same_masks() -> None:
    negative = Scheme(2, 2, 2, -STRASSEN.wa, STRASSEN.wb, -STRASSEN.wc)
    assert (to_masks(negative, 7).factors == to_masks(STRASSEN, 7).factors).all()


@pytest.mark.parametrize("zeros", ["wa", "wb", "wc"])
def test_a_product_of_nothing_is_left_out(zeros: str) -> None:
    dead = with_dead(STRASSEN, zeros)
    assert dead.r == 8
    assert from_masks(to_masks(dead, 8), 2, 2, 2).r == 7
    assert canonical(dead).r == 7


def test_what_does_not_fit_into_a_mask_is_refused() -> None:
    check_fits(7, 8, 7, 62)
    with pytest.raises(UserError, match="64 entries is too large"):
        check_fits(8, 8, 1, 8)
    with pytest.raises(UserError, match="63 products are too many"):
        check_fits(4, 4, 4, 63)


def test_the_largest_matrices_fit() -> None:
    scheme = standard(1, 62, 1)
    assert (from_masks(to_masks(scheme, 62), 1, 62, 1).wa == scheme.wa).all()


def test_a_canonical_scheme_is_the_same_with_factors_that_begin_with_a_plus() -> None:
    scheme = Scheme(2, 2, 2, -STRASSEN.wa, STRASSEN.wb, -STRASSEN.wc)
    tidied = canonical(scheme)
    for rows in (tidied.wa, tidied.wb):
        assert (rows[np.arange(7), np.argmax(rows != 0, axis=1)] == 1).all()
    assert (np.abs(tidied.wc) == np.abs(scheme.wc)).all()
