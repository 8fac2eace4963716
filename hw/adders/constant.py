"""Products by a constant as shifts and additions."""

from functools import cache

from mulbudget.hw.adders.graph import Add, AdderGraph, Output


def signed_digits(constant: int) -> list[tuple[int, int]]:
    """The non-zero digits of the non-adjacent form: pairs (shift, 1 or -1), lowest first.

    No signed-digit form has fewer non-zero digits (Reitwiesner, 1960).
    """
    digits, shift = [], 0
    while constant:
        if constant & 1:
            digit = 2 - (constant & 3)
            digits.append((shift, digit))
            constant -= digit
        constant >>= 1
        shift += 1
    return digits


@cache
def multiply_by(constant: int) -> AdderGraph:
    """A graph with one input and one output, `constant` times the input."""
    trailing = (constant & -constant).bit_length() - 1 if constant else 0
    terms = [
        (0, shift, digit < 0) for shift, digit in signed_digits(constant >> trailing)
    ]  # value, shift, negative
    adds: list[Add] = []
    while len(terms) > 1:
        level = []
        for first, second in zip(terms[::2], terms[1::2], strict=False):
            left, right = (second, first) if first[2] and not second[2] else (first, second)
            common = min(left[1], right[1])
            adds.append(
                Add(left[0], right[0], left[2] != right[2], left[1] - common, right[1] - common)
            )
            level.append((len(adds), common, left[2]))
        terms = level + (terms[-1:] if len(terms) % 2 else [])
    if not terms:
        return AdderGraph(1, (), (Output(None),))
    value, shift, negative = terms[0]
    return AdderGraph(1, tuple(adds), (Output(value, negative, shift + trailing),))
