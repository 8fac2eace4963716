"""Moves from one exact ternary scheme to another: flips, reductions and plus transitions.

Flips and reductions: Kauers and Moosbauer, "Flip graphs for matrix multiplication" (2022). Plus
transitions: Arai, Ichikawa and Hukushima, "Adaptive flip graph algorithm for matrix multiplication"
(2024). Here the coefficients are -1, 0 and 1, and a move to any other is refused.
"""

from mulbudget.hw.adders.chance import State as Random
from mulbudget.hw.adders.chance import below
from mulbudget.hw.adders.compiled import compiled
from mulbudget.schemes.masks import Integers, Masks


@compiled
def same(factors: Integers, mode: int, one: int, other: int) -> bool:
    """Whether two products have the same factor, up to sign."""
    return (
        factors[mode, one, 0] == factors[mode, other, 0]
        and factors[mode, one, 1] == factors[mode, other, 1]
    )


@compiled
def sum_fits(factors: Integers, mode: int, one: int, other: int, sign: int) -> bool:
    """Whether a product's factor plus `sign` times another's is ternary."""
    positive, negative = (0, 1) if sign > 0 else (1, 0)
    return (
        factors[mode, one, 0] & factors[mode, other, positive] == 0
        and factors[mode, one, 1] & factors[mode, other, negative] == 0
    )


@compiled
def add(factors: Integers, mode: int, one: int, other: int, sign: int) -> None:
    """Add `sign` times a factor to another, where the sum is ternary."""
    positive, negative = (0, 1) if sign > 0 else (1, 0)
    p, n = factors[mode, one, 0], factors[mode, one, 1]
    q, o = factors[mode, other, positive], factors[mode, other, negative]
    factors[mode, one, 0] = (p & ~o) | (q & ~n)
    factors[mode, one, 1] = (n & ~q) | (o & ~p)


@compiled
def tidy(masks: Masks, mode: int, product: int) -> None:
    """Make the lowest entry of a factor 1, by the product's sign."""
    p, n = masks.factors[mode, product, 0], masks.factors[mode, product, 1]
    either = p + n
    if n & either & -either:
        masks.factors[mode, product, 0] = n
        masks.factors[mode, product, 1] = p
        masks.signs[product] = -masks.signs[product]


@compiled
def is_zero(masks: Masks, mode: int, product: int) -> bool:
    """Whether a factor has no entries."""
    return masks.factors[mode, product, 0] | masks.factors[mode, product, 1] == 0


@compiled
def move(masks: Masks, source: int, target: int) -> None:
    """Copy a product over another."""
    masks.signs[target] = masks.signs[source]
    for mode in range(3):
        masks.factors[mode, target, 0] = masks.factors[mode, source, 0]
        masks.factors[mode, target, 1] = masks.factors[mode, source, 1]


@compiled
def remove(masks: Masks, product: int) -> None:
    """Take a product out; the last one takes its place."""
    masks.count[0] -= 1
    move(masks, masks.count[0], product)


@compiled
def partner(masks: Masks, mode: int, product: int, start: int) -> int:
    """Another product with the same factor, the first from number `start` on, or -1."""
    count = masks.count[0]
    for step in range(count):
        other = start + step
        if other >= count:
            other -= count
        if other != product and same(masks.factors, mode, product, other):
            return other
    return -1


@compiled
def flip(masks: Masks, mode: int, one: int, other: int, turned: int, sign: int) -> bool:
    """Exchange parts of two products that share a factor; False where that is not ternary.

    a (x) b (x) c + a (x) b' (x) c' = a (x) (b + b') (x) c + a (x) b' (x) (c' - c), or with b - b'
    and c' + c where `sign` is -1. The factor `mode` is a; with `turned`, b is the last of the
    others. A factor may become zero.
    """
    second, third = (mode + 1 + turned) % 3, (mode + 2 - turned) % 3
    back = -sign * masks.signs[one] * masks.signs[other]
    factors = masks.factors
    if not sum_fits(factors, second, one, other, sign):
        return False
    if not sum_fits(factors, third, other, one, back):
        return False
    add(factors, second, one, other, sign)
    add(factors, third, other, one, back)
    tidy(masks, second, one)
    tidy(masks, third, other)
    return True


@compiled
def random_pair(masks: Masks, random: Random, tries: int) -> int:
    """Two products that share a factor, as one << 32 | other << 2 | mode; -1 after `tries`."""
    count = masks.count[0]
    for _ in range(tries):
        mode, one = below(random, 3), below(random, count)
        other = partner(masks, mode, one, below(random, count))
        if other >= 0:
            return (one << 32) | (other << 2) | mode
    return -1


@compiled
def merge(masks: Masks, product: int) -> bool:
    """Make one of a product and another that agrees with it in two factors; whether there is one.

    The sum may be zero: then both are gone.
    """
    for other in range(masks.count[0]):
        if other == product:
            continue
        kept, gone = min(product, other), max(product, other)
        sign = masks.signs[kept] * masks.signs[gone]
        for mode in range(3):
            if not same(masks.factors, (mode + 1) % 3, kept, gone):
                continue
            if not same(masks.factors, (mode + 2) % 3, kept, gone):
                continue
            if sum_fits(masks.factors, mode, kept, gone, sign):
                add(masks.factors, mode, kept, gone, sign)
                tidy(masks, mode, kept)
                remove(masks, gone)
                remove_zero(masks, kept)
                return True
    return False


@compiled
def remove_zero(masks: Masks, product: int) -> bool:
    """Take a product out where one of its factors is zero; whether it was."""
    for mode in range(3):
        if is_zero(masks, mode, product):
            remove(masks, product)
            return True
    return False


@compiled
def reduce(masks: Masks, one: int, other: int) -> bool:
    """Take out what two products that were flipped made superfluous; whether there was anything."""
    last = remove_zero(masks, max(one, other))
    first = remove_zero(masks, min(one, other))
    return last or first or merge(masks, one) or merge(masks, other)


@compiled
def plus(masks: Masks, random: Random) -> bool:
    """Make three products of two at random; False where that is not ternary, or nothing new.

    a (x) b (x) c + a' (x) b' (x) c'
    = a (x) (b + b') (x) c + a (x) b' (x) (c' - c) + (a' - a) (x) b' (x) c'
    """
    count = masks.count[0]
    if count < 2 or count >= len(masks.signs):
        return False
    one, other, new = below(random, count), below(random, count), count
    mode, turned = below(random, 3), below(random, 2)
    second, third = (mode + 1 + turned) % 3, (mode + 2 - turned) % 3
    factors = masks.factors
    if one == other or same(factors, mode, one, other):
        return False
    if same(factors, second, one, other) or same(factors, third, one, other):
        return False
    sign = masks.signs[one] * masks.signs[other]
    if not sum_fits(factors, second, one, other, 1):
        return False
    if not sum_fits(factors, third, other, one, -sign):
        return False
    if not sum_fits(factors, mode, other, one, -1):
        return False
    move(masks, other, new)
    masks.count[0] = count + 1
    add(factors, mode, new, one, -1)
    add(factors, third, other, one, -sign)
    factors[mode, other, 0], factors[mode, other, 1] = factors[mode, one, 0], factors[mode, one, 1]
    add(factors, second, one, other, 1)
    tidy(masks, mode, new)
    tidy(masks, third, other)
    tidy(masks, second, one)
    return True
