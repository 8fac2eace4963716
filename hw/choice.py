"""The digits of words that lie still, one digit of every word a clock, least significant first."""

from collections.abc import Iterator, Sequence

from amaranth import Cat, Module, Mux, Signal, Value

from mulbudget.hw.channels import resized

Span = tuple[int, bool]
"""A phase, and whether all phases after it count too."""


def choose(words: Sequence[Value], *, digit: int, digits: int, phase: Value) -> list[Value]:
    """The digit of each word that a phase says, by multiplexers: no clock passes."""
    bits = digit * digits
    return [resized(word, bits).word_select(phase, digit) for word in words]


def collect(
    m: Module,
    layer: str,
    words: Sequence[Value],
    *,
    digit: int,
    digits: int,
    phase: Value,
    enable: Value,
) -> list[Value]:
    """The same a clock later, by registers that are zero but in the phase of their bit.

    A register needs no LUT where flip-flops have a reset and an input of their own, so that only
    the OR of those of a word takes LUTs: one for up to four digits.

    Parameters
    ----------
    m : Module
    layer : str
        Begins the names of signals.
    words : sequence of Value
    digit, digits : int
        Bits of a digit, and how many digits follow one another.
    phase : Value
        Which digit is next.
    enable : Value
        Registers take a value where it is 1.
    """
    parts = [_parts(word, digit, digits, place) for word in words for place in range(digit)]
    groups: dict[Span, list[Value]] = {}
    for part in parts:
        for span, bit in part.items():
            groups.setdefault(span, []).append(bit)
    held: dict[Span, Iterator[Value]] = {}
    for (first, onwards), bits in groups.items():
        name = f"{layer}_digit{first}" + ("_on" if onwards else "")
        register = Signal(len(bits), name=name, reset_less=True)
        there = (phase >= first) if onwards else (phase == first)
        m.d.sync += register.eq(Mux(enable, Mux(there, Cat(*bits), 0), register))
        held[first, onwards] = iter(register)
    made = [Cat(next(held[span]) for span in part).any() for part in parts]
    return [Cat(*made[at : at + digit]) for at in range(0, len(made), digit)]


def _parts(word: Value, digit: int, digits: int, place: int) -> dict[Span, Value]:
    """The bits of a word that are in one place of a digit, and in which phases."""
    bits, signed = len(word), word.shape().signed
    found: dict[Span, Value] = {}
    for phase in range(digits):
        at = phase * digit + place
        if signed and at >= bits - 1:
            found[phase, True] = word[-1]
            break
        if at < bits:
            found[phase, False] = word[at]
    return found
