"""How many sums have a pair of terms in common: a hash table, and a heap of what gains most.

Compiled.
"""

from mulbudget.hw.adders.chance import draw
from mulbudget.hw.adders.compiled import compiled
from mulbudget.hw.adders.state import Records, State

_SPREAD = -7046029254386353131  # 2**64 divided by the golden ratio: Fibonacci hashing


@compiled
def pattern(first: int, second: int) -> int:
    """The number of a pair of terms, whichever comes first; never 0.

    It has both values, the shift of the second over that of the first, and whether their signs
    differ, so that multiples of a pair are the same pattern.
    """
    low, high = min(first, second), max(first, second)
    over = ((high >> 1) & 127) - ((low >> 1) & 127) + 128
    return (low >> 8) << 33 | (high >> 8) << 9 | over << 1 | ((low ^ high) & 1)


@compiled
def _place(table: Records, key: int) -> int:
    """Where a pattern is in the table, or the free place for it."""
    mask = len(table) - 1
    place = ((key * _SPREAD) >> 38) & mask
    while table[place].key != 0 and table[place].key != key:
        place = (place + 1) & mask
    return place


@compiled
def sums_with(table: Records, key: int) -> int:
    """How many sums have a pattern."""
    place = _place(table, key)
    return table[place].sums if table[place].key == key else 0


@compiled
def more(s: State, key: int) -> int:
    """Count one more sum with a pattern; gives how many there are."""
    place = _place(s.table, key)
    if s.table[place].key == 0:
        s.table[place].key = key
        s.table[place].sums = 0
        s.now[0].patterns += 1
    s.table[place].sums += 1
    return s.table[place].sums


@compiled
def fewer(s: State, key: int) -> None:
    """Count one sum less with a pattern."""
    place = _place(s.table, key)
    s.table[place].sums -= 1
    if s.table[place].sums == 0:
        s.now[0].patterns -= 1
        _free(s.table, place)


@compiled
def _free(table: Records, place: int) -> None:
    """Free a place, and move up what probing would no longer find (Knuth 6.4, algorithm R)."""
    mask = len(table) - 1
    probe = place
    while True:
        probe = (probe + 1) & mask
        key = table[probe].key
        if key == 0:
            break
        home = ((key * _SPREAD) >> 38) & mask
        if ((probe - home) & mask) >= ((probe - place) & mask):
            table[place].key, table[place].sums = key, table[probe].sums
            place = probe
    table[place].key = 0


@compiled
def move_all(source: Records, target: Records) -> None:
    """Put the patterns of one table into another, which is empty."""
    for place in range(len(source)):
        key = source[place].key
        if key != 0:
            at = _place(target, key)
            target[at].key, target[at].sums = key, source[place].sums


@compiled
def offer(s: State, key: int, sums: int) -> None:
    """Put a pattern into the heap, where there is room."""
    child = s.now[0].offers
    if child == len(s.heap):
        return
    gain = (sums - 1) * (1 + s.now[0].noise * draw(s.random))
    s.now[0].offers += 1
    while child > 0:
        parent = (child - 1) >> 1
        if s.heap[parent].gain >= gain:
            break
        _move(s.heap, child, parent)
        child = parent
    s.heap[child].gain, s.heap[child].key, s.heap[child].sums = gain, key, sums


@compiled
def drop_best(s: State) -> None:
    """Take the first entry off the heap, which must not be empty."""
    s.now[0].offers -= 1
    last, parent = s.now[0].offers, 0
    gain = s.heap[last].gain
    while 2 * parent + 1 < last:
        child = 2 * parent + 1
        if child + 1 < last and s.heap[child + 1].gain > s.heap[child].gain:
            child += 1
        if s.heap[child].gain <= gain:
            break
        _move(s.heap, parent, child)
        parent = child
    _move(s.heap, parent, last)


@compiled
def _move(heap: Records, target: int, source: int) -> None:
    heap[target].gain = heap[source].gain
    heap[target].key = heap[source].key
    heap[target].sums = heap[source].sums


@compiled
def offer_all(s: State) -> None:
    """Put every pattern that gains into the heap."""
    for place in range(len(s.table)):
        if s.table[place].key != 0 and s.table[place].sums > 1:
            offer(s, s.table[place].key, s.table[place].sums)
