"""A memory that is block RAM as it is."""

from amaranth.hdl import ShapeLike
from amaranth.lib.memory import Memory


def memory_of(shape: ShapeLike, depth: int) -> Memory:
    """A memory of which no word is needed that is written in the clock in which it is read.

    What is read then is undefined in some block RAM (iCE40), and synthesis would add a register and
    a LUT for every bit to make it the old word.

    Parameters
    ----------
    shape : ShapeLike
        Of a word.
    depth : int
        Words.
    """
    return Memory(shape=shape, depth=depth, init=[], attrs={"no_rw_check": 1})
