"""Products by a constant as shifts and additions."""

from collections.abc import Iterator
from functools import cache
from itertools import combinations, count, islice

from mulbudget.hw.adders.graph import Add, AdderGraph, Output, Term, as_output, join

Form = tuple[tuple[int, int], ...]
"""Levels (factor, rest) of a constant: ((1, q0), (f1, q1), (f2, q2)) is q0 + f1 (q1 + f2 q2)."""

_MOST_DIGITS = 2
"""Of a rest that a factor follows; constants of up to four adders need no more."""

_MOST_FORMS = 100
"""Of equally few adders, compared for depth and width; up to 12 bits there are fewer."""

_MOST_BITS = 24
"""Of a form, which is then found in milliseconds; a longer constant is a sum of several."""


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
    """A graph with one input and one output, `constant` times the input.

    For a constant of up to 12 bits no graph has fewer adders, which are four at most, and none is
    shallower. A longer one has fewer adders than signed digits, mostly far fewer. Of equals the
    one with the narrowest adders found is taken.
    """
    if not constant:
        return AdderGraph(1, (), (Output(None),))
    graph = _Graph()
    terms = [
        term._replace(shift=term.shift + shift)
        for shift, part in _parts(constant)
        for term in graph.terms(_best_form(part))
    ]
    output = as_output(graph.add_up(terms))
    return AdderGraph(1, tuple(graph.adds), (output,))


def _parts(constant: int) -> Iterator[tuple[int, int]]:
    """Shifts and odd numbers, whose sum is the constant and whose digits are its digits."""
    digits = signed_digits(constant)
    while digits:
        low = digits[0][0]
        part = [(shift - low, digit) for shift, digit in digits if shift < low + _MOST_BITS]
        digits = digits[len(part) :]
        yield low, sum(digit << shift for shift, digit in part)


def _best_form(constant: int) -> Form:
    """Of the forms with the fewest adders that of the shallowest graph, then of the narrowest."""
    forms = (list(islice(_forms(constant, adders), _MOST_FORMS)) for adders in count())
    return min(next(filter(None, forms)), key=_cost)


def _cost(form: Form) -> tuple[int, int, int]:
    """Adders, depth and width, where a negated sum takes one more adder."""
    graph = _Graph()
    total = graph.add_up(graph.terms(form))
    widths = sum(abs(multiple).bit_length() for multiple in graph.multiples)
    return len(graph.adds) + total.negative, total.depth + total.negative, widths


def _forms(constant: int, adders: int, factor: int = 1) -> Iterator[Form]:
    """The forms of a constant with so many adders, after a factor; none where fewer would do.

    A factor ±(2^n ± 1) is an adder, and the digits of all rests are added up in one tree. What
    three adders can do at all, a form of three can do as well. To see it, call f, g and h what one
    adder makes, odd numbers of two digits. Two adders make f g or three digits. The last of three
    adds, each shifted,

    - a value and itself: h times what two adders make,
    - f and g: four digits,
    - three digits and the input: four digits,
    - f g and f: f times three digits,
    - f g and the input: 2^k c = ±2^i f g ± 2^j, which is a form of c unless k > 0. Then i and j
      are 0, and since 2 c ± 1 = 4 (c ± 1) / 2 ∓ 1 has no fewer digits than c, nor have 4 c ± 1 and
      so on, c has no more digits than f g, four,
    - ±2^i f ± 2^j and f: f times two digits, and the input, as before.

    The j that are tried end one bit above c: from there on 2^j is a digit apart from those of c,
    which has then at most three, and a form of two adders.
    """
    weight = _weight(constant)
    if not adders < weight <= 1 << adders:
        return
    if weight == adders + 1:
        yield ((factor, constant),)
    for digits in range(min(adders - 2, _MOST_DIGITS) + 1):
        for product in _less_digits(constant, digits, most=1 << adders - digits):
            for other in _factors(product):
                for inner in _forms(product // other, adders - digits - 1, other):
                    yield (factor, constant - product), *inner


def _less_digits(constant: int, digits: int, most: int, lowest: int = 0) -> Iterator[int]:
    """The constant less so many digits, each way that leaves at most `most` of them."""
    if _weight(constant) > most + digits:
        return
    if not digits:
        yield constant
        return
    for shift in range(lowest, constant.bit_length() + 2):
        for digit in (1 << shift, -1 << shift):
            yield from _less_digits(constant - digit, digits - 1, most, shift + 2)


def _factors(number: int) -> Iterator[int]:
    """The factors of two digits, negative where that makes the other factor positive."""
    for shift in range(2, number.bit_length() + 1):
        for factor in ((1 << shift) - 1, (1 << shift) + 1):
            if number % factor == 0:
                yield -factor if number < 0 and factor & 2 else factor


def _weight(constant: int) -> int:
    """How many signed digits."""
    constant = abs(constant)
    return (constant ^ 3 * constant).bit_count()


class _Graph:
    """Adders in the making, and the multiple of the input that each value is."""

    def __init__(self) -> None:
        self.adds: list[Add] = []
        self.multiples = [1]

    def terms(self, form: Form) -> list[Term]:
        """Append the adders of a form's factors; gives the digits of its rests."""
        value, terms = Term(0, 0, False), []
        for factor, rest in form:
            if factor != 1:
                value = self._join(*_times(value, factor))
            terms += _times(value, rest)
        return terms

    def add_up(self, terms: list[Term]) -> Term:
        """Append the adders of a sum; gives the sum.

        It is as shallow as can be: terms fit into a tree of depth d where their 2^depth are 2^d or
        less together, and where a pair is added its sum counts as much as two of the deeper one. Of
        the pairs that still fit the one with the narrowest sum is next.
        """
        taken = sum(1 << term.depth for term in terms)
        room = (1 << (taken - 1).bit_length()) - taken
        while len(terms) > 1:
            fitting = [pair for pair in combinations(terms, 2) if _gap(*pair) <= room]
            pair = min(fitting, key=self._width)
            room -= _gap(*pair)
            terms = [term for term in terms if term not in pair]
            terms.append(self._join(*pair))
        return terms[0]

    def _join(self, left: Term, right: Term) -> Term:
        total = join(left, right, 1, self.adds)
        multiple = (self._multiple(left) + self._multiple(right)) >> total.shift
        self.multiples.append(-multiple if total.negative else multiple)
        return total

    def _width(self, pair: tuple[Term, Term]) -> int:
        total = sum(map(self._multiple, pair))
        return abs(total).bit_length() - min(term.shift for term in pair)

    def _multiple(self, term: Term) -> int:
        multiple = self.multiples[term.value] << term.shift
        return -multiple if term.negative else multiple


def _times(value: Term, factor: int) -> list[Term]:
    """The terms of a factor times a value."""
    return [
        value._replace(negative=digit < 0, shift=shift) for shift, digit in signed_digits(factor)
    ]


def _gap(left: Term, right: Term) -> int:
    """What the sum of two terms counts more than they do."""
    return abs((1 << left.depth) - (1 << right.depth))
