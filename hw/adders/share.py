"""Greedy sharing: the pair of terms that most sums have in common becomes an adder, and so on.

Hartley, "Subexpression sharing in filters using canonic signed digit multipliers", 1996. Compiled.
"""

from mulbudget.hw.adders.compiled import compiled
from mulbudget.hw.adders.patterns import drop_best, offer, pattern, sums_with
from mulbudget.hw.adders.state import State
from mulbudget.hw.adders.sums import clean, has_room, new_adder, put, take


@compiled
def share(s: State) -> bool:
    """Make adders of the patterns in the heap, until none gains; False where a table is too full.

    A pattern offered more than it has now goes back into the heap.
    """
    clean(s)
    while s.now[0].offers > 0:
        if not has_room(s, 0, len(s.table) // 8):
            return False
        key, offered = s.heap[0].key, s.heap[0].sums
        drop_best(s)
        sums = sums_with(s.table, key)
        if sums < 2:
            continue
        found = 0
        if sums >= offered:
            found = _occurrences(s, key)
            sums = found
        if sums >= offered:
            _extract(s, key, found)
            clean(s)
        elif sums > 1:
            offer(s, key, sums)
    return True


@compiled
def _occurrences(s: State, key: int) -> int:
    """Find a pattern in sums that may have its adder as a term: pairs of cells; gives how many."""
    first, second = key >> 33, (key >> 9) & 0xFFFFFF
    few, other = (
        (first, second) if s.values[first].uses <= s.values[second].uses else (second, first)
    )
    need = 0
    if s.now[0].limited:
        need = abs((1 << s.values[first].depth) - (1 << s.values[second].depth))
    number = 0
    use = s.values[few].first_use
    while use >= 0:
        total = s.cells[use].total
        if not need or s.values[total].slack >= need:
            cell = s.values[total].first_term
            while cell >= 0:
                if s.cells[cell].term >> 8 == other and cell != use:
                    ordered = few != other or s.cells[use].term < s.cells[cell].term
                    if ordered and pattern(s.cells[use].term, s.cells[cell].term) == key:
                        s.found[2 * number], s.found[2 * number + 1] = use, cell
                        number += 1
                cell = s.cells[cell].next_term
        use = s.cells[use].next_use
    return number


@compiled
def _extract(s: State, key: int, found: int) -> None:
    """Put an adder in the place of each occurrence; an adder that is the pattern already, if any.

    Occurrences may overlap where both values are the same.
    """
    first, second = key >> 33, (key >> 9) & 0xFFFFFF
    over, opposite = ((key >> 1) & 255) - 128, key & 1
    value, negative = -1, 0
    for place in range(found):
        low, high = _ordered(s, place)
        total = s.cells[low].total
        alone = total >= s.now[0].adders_from and s.values[total].length == 2
        if alone and _shift(s, low, high) == 0:
            value, negative = total, s.cells[low].term & 1
            break
    if value < 0:
        depth = 1 + max(s.values[first].depth, s.values[second].depth)
        weight = (s.values[first].weight << max(-over, 0)) + (
            s.values[second].weight << max(over, 0)
        )
        value = new_adder(s, depth, weight)
        put(s, value, first << 8 | max(-over, 0) << 1)
        put(s, value, second << 8 | max(over, 0) << 1 | opposite)
    limited = s.now[0].limited
    for place in range(found):
        low, high = _ordered(s, place)
        total = s.cells[low].total
        if total < 0 or total != s.cells[high].total or total == value:
            continue
        if s.cells[low].term >> 8 != first or s.cells[high].term >> 8 != second:
            continue
        if limited:
            need = (
                (1 << s.values[value].depth)
                - (1 << s.values[first].depth)
                - (1 << s.values[second].depth)
            )
            if s.values[total].slack < need:
                continue
        shift = _shift(s, low, high)
        sign = (s.cells[low].term & 1) ^ negative
        take(s, low)
        take(s, high)
        put(s, total, value << 8 | shift << 1 | sign)


@compiled
def _ordered(s: State, place: int) -> tuple[int, int]:
    """The cells of an occurrence, that of the first value of the pattern first."""
    one, other = s.found[2 * place], s.found[2 * place + 1]
    return (one, other) if s.cells[one].term < s.cells[other].term else (other, one)


@compiled
def _shift(s: State, low: int, high: int) -> int:
    """By how much an occurrence is shifted."""
    return min((s.cells[low].term >> 1) & 127, (s.cells[high].term >> 1) & 127)
