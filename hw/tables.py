"""Constants that change from clock to clock, in memory, and ternary entries among them."""

from collections.abc import Sequence

import numpy as np
from amaranth import Const, Module, Value
from amaranth.lib.memory import Memory

from mulbudget.hw.channels import resized, shape
from mulbudget.spn.scheme import Ternary


def table(m: Module, name: str, values: Sequence[int], at: Value, enable: Value) -> Value:
    """The value at the address of the clock before; it stays while `enable` is 0.

    A constant where all are the same.
    """
    kind = shape(min(values), max(values))
    if len(set(values)) == 1:
        return Const(values[0], kind)
    mask = (1 << kind.width) - 1
    memory = Memory(shape=kind.width, depth=len(values), init=[value & mask for value in values])
    m.submodules[name] = memory
    port = memory.read_port()
    m.d.comb += [port.addr.eq(at), port.en.eq(enable)]
    return port.data.as_signed() if kind.signed else port.data


class TernaryTable:
    """Ternary entries, those of one clock a word.

    Parameters
    ----------
    m : Module
    name : str
        Of the memory.
    entries : int8, (clocks, rows, places)
    at : Value
        The clock, one before the word is there.
    enable : Value
    """

    def __init__(self, m: Module, name: str, entries: Ternary, at: Value, enable: Value) -> None:
        self._entries = entries
        flags = np.stack([entries != 0, entries < 0], axis=-1).reshape(len(entries), -1)
        words = [int("".join(map(str, row[::-1])), 2) for row in flags.astype(int).tolist()]
        self._word = table(m, name, words, at, enable)

    def terms(self, row: int, factors: Sequence[Value]) -> list[Value]:
        """Signed: x, 0 or -1 - x for each factor x, as the entry in its place says."""
        count = len(factors)
        return [
            self._signed_by(self._bits(row * count + place), x, self._entries[:, row, place])
            for place, x in enumerate(factors)
        ]

    def _bits(self, entry: int) -> tuple[Value, Value]:
        """Whether an entry is there, and whether it is negative."""
        word = resized(self._word, 2 * self._entries[0].size)
        return word[2 * entry], word[2 * entry + 1]

    @staticmethod
    def _signed_by(entry: tuple[Value, Value], x: Value, entries: Ternary) -> Value:
        there = entry[0] if (entries == 0).any() else Const(1, 1)
        negative = entry[1] if (entries < 0).any() else Const(0, 1)
        bits = len(x) + (not x.shape().signed)
        return ((resized(x, bits) & there.replicate(bits)) ^ negative.replicate(bits)).as_signed()


def start(entries: Ternary, bits: int, offset: int = 0) -> int:
    """Where a sum of so many bits begins, so that each term -1 - x counts as -x."""
    return (offset + int(np.count_nonzero(entries < 0))) & ((1 << bits) - 1)
