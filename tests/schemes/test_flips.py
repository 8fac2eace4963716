"""Every move leads from an exact scheme to an exact one: `from_masks` checks the tensor."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.adders.chance import seeded
from mulbudget.schemes.flips import flip, merge, plus, random_pair, reduce
from mulbudget.schemes.masks import Masks, copy, empty, from_masks, to_masks
from mulbudget.schemes.walk import elsewhere, lower
from mulbudget.spn import standard

SIZES = st.tuples(*[st.integers(1, 3)] * 3)


@given(SIZES, st.integers(0, 1 << 30))
def test_flips_reductions_and_plus_transitions_keep_a_scheme_exact(
    size: tuple[int, int, int], seed: int
) -> None:
    masks, random = start(size), seeded(seed)
    choices = np.random.default_rng(seed)
    for _ in range(60):
        count = int(masks.count[0])
        pair = random_pair(masks, random, 20)
        if pair < 0 or choices.random() < 0.1:
            assert plus(masks, random) == (masks.count[0] == count + 1)
            continue
        one, other, mode = pair >> 32, pair >> 2 & 0x3FFFFFFF, pair & 3
        before = empty(len(masks.signs))
        copy(masks, before)
        sign = 1 if choices.random() < 0.5 else -1
        if not flip(masks, mode, one, other, int(choices.integers(2)), sign):
            live = slice(count)  # a refused one changes nothing
            assert (masks.factors[:, live] == before.factors[:, live]).all()
        elif reduce(masks, one, other):
            assert masks.count[0] < count
        exact(masks, size)


def test_products_that_agree_in_two_factors_become_one() -> None:
    masks = start((2, 2, 2))
    # a b c as a b (c + d) - a b d
    new = int(masks.count[0])
    masks.factors[:, new] = masks.factors[:, 0]
    masks.signs[new] = -masks.signs[0]
    masks.factors[2, new] = (8, 0)
    masks.factors[2, 0, 0] |= 8
    masks.count[0] += 1
    exact(masks, (2, 2, 2))
    assert merge(masks, new)
    assert masks.count[0] == new
    exact(masks, (2, 2, 2))


def test_products_that_cancel_are_both_gone() -> None:
    masks = start((2, 2, 2))
    for new, sign in ((8, 1), (9, -1)):
        masks.factors[:, new] = 5, 0
        masks.signs[new] = sign
    masks.count[0] = 10
    assert merge(masks, 8)
    assert masks.count[0] == 8
    exact(masks, (2, 2, 2))


def test_a_walk_finds_strassens_rank_and_another_scheme_of_it() -> None:
    scheme = lower(standard(2, 2, 2), 7, seed=[0], steps=1_000_000)
    assert scheme.r == 7
    other = elsewhere(scheme, seed=[1], steps=1_000_000)
    assert other.r == 7
    again = lower(standard(2, 2, 2), 7, seed=[0], steps=1_000_000)
    for name in ("wa", "wb", "wc"):
        assert (getattr(again, name) == getattr(scheme, name)).all()


def test_a_walk_that_is_stopped_gives_what_it_has() -> None:
    assert lower(standard(2, 2, 2), 7, seed=[0], steps=1000, stopped=lambda: True).r == 8


def start(size: tuple[int, int, int]) -> Masks:
    scheme = standard(*size)
    return to_masks(scheme, scheme.r + 2)


def exact(masks: Masks, size: tuple[int, int, int]) -> None:
    from_masks(masks, *size)
