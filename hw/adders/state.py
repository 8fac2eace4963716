"""What the search works on: sums of terms, the pairs of terms that they have, and a journal.

A value is an input or a sum. A sum is a row of the matrix, or an adder of two or more terms, each a
value, shifted and perhaps negated. Adding up a sum takes an adder for each term but one. Terms are
cells of two linked lists: those of their sum, and those of all uses of their value.

The numbers of values are those of the inputs, then of the rows, then of the adders.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Records = Any
"""An array of records. Compiled, an element is one: not what a checker takes it for."""
Integers = Any
"""int64, one-dimensional; compiled, an element is a machine number."""

CELL = np.dtype(
    [
        ("term", np.int64),  # value << 8 | shift << 1 | negative
        ("total", np.int32),  # the sum it is in, or -1
        ("next_term", np.int32),  # a cell of the same sum, or -1
        ("last_term", np.int32),
        ("next_use", np.int32),  # a cell with the same value, or -1
        ("last_use", np.int32),
    ],
    align=True,
)
VALUE = np.dtype(
    [
        ("slack", np.int64),  # of a sum: 2**depth less that of each of its terms, not below 0
        ("first_term", np.int32),  # a cell of the sum, or -1
        ("length", np.int32),  # how many terms the sum has
        ("first_use", np.int32),  # a cell with the value, or -1
        ("uses", np.int32),  # how many cells have the value
        ("depth", np.int32),  # where it is limited: more than that of each term
        ("busy", np.int32),  # 0 where there is no adder of that number
        ("weight", np.int64),  # how many numbers the value can be, less one; an upper bound
        ("price", np.int64),  # of an adder of the sum
    ],
    align=True,
)
PATTERN = np.dtype([("key", np.int64), ("sums", np.int64)])
"""A place of the hash table; `key` is 0 where it is free."""
OFFER = np.dtype([("gain", np.float64), ("key", np.int64), ("sums", np.int64)])
"""An entry of the heap."""
CHANGE = np.dtype(
    [("term", np.int64), ("what", np.int32), ("which", np.int32), ("total", np.int32)]
)
"""An entry of the journal."""
NOW = np.dtype(
    [
        ("cost", np.int64),  # of the adders of all sums
        ("free_cells", np.int64),
        ("free_adders", np.int64),
        ("rows_from", np.int64),  # the first value that is a row
        ("adders_from", np.int64),
        ("adders_to", np.int64),  # no adder has a higher number, or had
        ("patterns", np.int64),  # in the table
        ("offers", np.int64),  # in the heap
        ("changes", np.int64),  # in the journal
        ("suspects", np.int64),
        ("limited", np.int64),  # whether depth is
        ("noise", np.float64),  # by how much a gain may be overrated at random
    ]
)


class State(NamedTuple):
    """Arrays that are changed in place. Nothing checks their bounds; see `sums.has_room`."""

    cells: Records
    values: Records
    table: Records
    """Open addressing; as many places as a power of two."""
    heap: Records
    journal: Records
    free_cells: Integers
    free_adders: Integers
    suspects: Integers
    """Adders that may have become useless."""
    found: Integers
    """Room for the occurrences of a pattern, and for candidates."""
    prices: Integers
    """Of an adder whose sum has so many bits."""
    now: Records
    """One record."""
    random: npt.NDArray[np.uint64]


def empty(
    rows: int,
    columns: int,
    *,
    cells: int,
    patterns: int,
    prices: Integers,
    random: npt.NDArray[np.uint64],
) -> State:
    """A state without terms, with room for so many, and for so many patterns."""
    values = columns + rows + cells // 2
    state = State(
        cells=np.zeros(cells, CELL),
        values=np.zeros(values, VALUE),
        table=table(patterns),
        heap=heap(patterns),
        journal=np.zeros(16 * cells, CHANGE),
        free_cells=np.arange(cells, dtype=np.int64)[::-1].copy(),
        free_adders=np.arange(columns + rows, values, dtype=np.int64)[::-1].copy(),
        suspects=np.zeros(values, np.int64),
        found=np.zeros(2 * cells, np.int64),
        prices=prices,
        now=np.zeros(1, NOW),
        random=random,
    )
    state.cells["total"] = -1
    state.values["first_term"] = state.values["first_use"] = -1
    state.values["busy"][: columns + rows] = 1
    state.now["free_cells"], state.now["free_adders"] = cells, values - columns - rows
    state.now["rows_from"] = columns
    state.now["adders_from"] = state.now["adders_to"] = columns + rows
    return state


def table(patterns: int) -> Records:
    """A hash table that so many patterns fill at most by half."""
    return np.zeros(1 << max(2 * patterns, 1 << 9).bit_length(), PATTERN)


def heap(patterns: int) -> Records:
    """Room for an offer of every pattern, and for more."""
    return np.zeros(2 * max(patterns, 1 << 12), OFFER)
