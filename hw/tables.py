"""Constants that change from clock to clock, in memory, and ternary entries among them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from amaranth import Const, Module, Value
from amaranth.lib.memory import Memory

from mulbudget.hw.channels import shape
from mulbudget.hw.masked import Entry
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

    An entry has a bit that says whether it is there and one whether it is negative; a bit that is
    the same in all clocks is left out.

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
        self._places = entries.shape[2]
        bits, self._same = ternary_bits(entries)
        self._bit = np.cumsum(~self._same) - 1
        words = [int("".join(map(str, row[::-1])) or "0", 2) for row in bits.astype(int).tolist()]
        self._word = table(m, name, words, at, enable)
        self._first = entries[0].reshape(-1)

    def entry(self, row: int, place: int) -> Entry:
        """That of a row in a place."""
        number = row * self._places + place
        return Entry(
            self._flag(2 * number, bool(self._first[number])),
            self._flag(2 * number + 1, bool(self._first[number] < 0)),
        )

    def _flag(self, number: int, always: bool) -> Value:
        return Const(always, 1) if self._same[number] else self._word[int(self._bit[number])]


def ternary_bits(entries: Ternary) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The words of ternary entries, (clocks, bits), and which of all bits never change."""
    flags = np.stack([entries != 0, entries < 0], axis=-1).reshape(len(entries), -1)
    same = (flags == flags[0]).all(axis=0)
    return flags[:, ~same], same


def start(entries: Ternary, bits: int, offset: int = 0) -> int:
    """Where a sum of so many bits begins, so that each term -1 - x counts as -x."""
    return (offset + int(np.count_nonzero(entries < 0))) & ((1 << bits) - 1)
