"""Sums change term by term: what pairs they have is counted, and the journal has the way back.

Compiled.
"""

from mulbudget.hw.adders.compiled import compiled
from mulbudget.hw.adders.patterns import fewer, more, offer, pattern
from mulbudget.hw.adders.state import Integers, State

_PUT, _TAKE, _NEW, _DELETE, _LOWER = range(5)
"""What the journal has entries of."""
_HIGHEST = 40
"""Shifts that are added: no sum of two is beyond what a term has room for."""


@compiled
def _log(s: State, what: int, which: int, total: int, term: int) -> None:
    """Enter a change in the journal."""
    entry = s.now[0].changes
    s.journal[entry].what, s.journal[entry].which = what, which
    s.journal[entry].total, s.journal[entry].term = total, term
    s.now[0].changes = entry + 1


@compiled
def _link(s: State, cell: int, total: int, term: int, announce: bool) -> None:
    """Make a cell a term of a sum."""
    value = term >> 8
    other = s.values[total].first_term
    while other >= 0:
        key = pattern(term, s.cells[other].term)
        sums = more(s, key)
        if announce and sums > 1:
            offer(s, key, sums)
        other = s.cells[other].next_term
    s.cells[cell].term, s.cells[cell].total = term, total
    first = s.values[total].first_term
    s.cells[cell].next_term, s.cells[cell].last_term = first, -1
    if first >= 0:
        s.cells[first].last_term = cell
    s.values[total].first_term = cell
    first = s.values[value].first_use
    s.cells[cell].next_use, s.cells[cell].last_use = first, -1
    if first >= 0:
        s.cells[first].last_use = cell
    s.values[value].first_use = cell
    s.values[total].length += 1
    s.values[value].uses += 1
    if s.values[total].length > 1:
        s.now[0].cost += s.values[total].price
    if s.now[0].limited:
        s.values[total].slack -= 1 << s.values[value].depth


@compiled
def _unlink(s: State, cell: int) -> None:
    """Take a cell out of its sum."""
    term, total = s.cells[cell].term, s.cells[cell].total
    value = term >> 8
    before, after = s.cells[cell].last_term, s.cells[cell].next_term
    if before >= 0:
        s.cells[before].next_term = after
    else:
        s.values[total].first_term = after
    if after >= 0:
        s.cells[after].last_term = before
    before, after = s.cells[cell].last_use, s.cells[cell].next_use
    if before >= 0:
        s.cells[before].next_use = after
    else:
        s.values[value].first_use = after
    if after >= 0:
        s.cells[after].last_use = before
    s.cells[cell].total = -1
    s.values[total].length -= 1
    s.values[value].uses -= 1
    if s.values[total].length > 0:
        s.now[0].cost -= s.values[total].price
    if s.now[0].limited:
        s.values[total].slack += 1 << s.values[value].depth
    other = s.values[total].first_term
    while other >= 0:
        fewer(s, pattern(term, s.cells[other].term))
        other = s.cells[other].next_term


@compiled
def take(s: State, cell: int) -> None:
    """Take a term out of its sum."""
    term, total = s.cells[cell].term, s.cells[cell].total
    _unlink(s, cell)
    s.free_cells[s.now[0].free_cells] = cell
    s.now[0].free_cells += 1
    _log(s, _TAKE, cell, total, term)
    if s.values[term >> 8].uses < 2:
        suspect(s, term >> 8)
    if s.values[total].length < 2:
        suspect(s, total)


@compiled
def put(s: State, total: int, term: int) -> None:
    """Add a term to a sum: it may add up with, or cancel, one of the same value there."""
    cell = s.values[total].first_term
    while cell >= 0:
        there = s.cells[cell].term
        if there >> 8 == term >> 8:
            over = ((there >> 1) & 127) - ((term >> 1) & 127)
            opposite = (there ^ term) & 1 != 0
            if over == 0 or (opposite and abs(over) == 1):
                take(s, cell)
                if over == 0 and opposite:
                    return
                if over == 0:  # x + x
                    term += 2
                elif over == 1:  # 2x - x
                    term ^= 1
                else:  # x - 2x
                    term -= 2
                cell = s.values[total].first_term
                continue
        cell = s.cells[cell].next_term
    s.now[0].free_cells -= 1
    cell = s.free_cells[s.now[0].free_cells]
    _link(s, cell, total, term, True)
    _log(s, _PUT, cell, 0, 0)


@compiled
def suspect(s: State, value: int) -> None:
    """Note that an adder may have become useless, where there is room."""
    if value >= s.now[0].adders_from and s.now[0].suspects < len(s.suspects):
        s.suspects[s.now[0].suspects] = value
        s.now[0].suspects += 1


@compiled
def suspect_all(s: State) -> None:
    """Suspect every adder."""
    for value in range(s.now[0].adders_from, s.now[0].adders_to):
        if s.values[value].busy:
            suspect(s, value)


@compiled
def new_adder(s: State, depth: int, weight: int) -> int:
    """An adder without terms."""
    s.now[0].free_adders -= 1
    value = s.free_adders[s.now[0].free_adders]
    s.now[0].adders_to = max(s.now[0].adders_to, value + 1)
    _begin(s, value, depth, weight)
    _log(s, _NEW, value, 0, 0)
    return value


@compiled
def _begin(s: State, value: int, depth: int, weight: int) -> None:
    """Make a number that of an adder, at the price that goes with its weight."""
    s.values[value].busy, s.values[value].depth, s.values[value].weight = 1, depth, weight
    s.values[value].slack = 1 << depth if s.now[0].limited else 0
    bits = 0
    while bits < len(s.prices) - 1 and weight >> bits:
        bits += 1
    s.values[value].price = s.prices[bits]


@compiled
def has_room(s: State, cells: int, pairs: int) -> bool:
    """Whether so many more terms, and pairs of them in sums, can be made and be undone.

    Half of the journal is room for all terms to be taken and put several times.
    """
    table = len(s.table)
    return (
        s.now[0].free_cells > cells + 8
        and s.now[0].free_adders > 1
        and s.now[0].patterns + pairs < table - table // 4
        and s.now[0].changes < len(s.journal) // 2
    )


@compiled
def dissolve(s: State, value: int) -> bool:
    """Put an adder's terms where it is used, and forget it; False where there is no room."""
    length, cells, pairs = s.values[value].length, 0, 0
    if highest_shift(s, value) > _HIGHEST:
        return False
    use = s.values[value].first_use
    while use >= 0:
        if (s.cells[use].term >> 1) & 127 > _HIGHEST:
            return False
        cells += length
        pairs += length * (length + s.values[s.cells[use].total].length)
        use = s.cells[use].next_use
    if not has_room(s, cells, pairs):
        return False
    use = s.values[value].first_use
    while use >= 0:
        total, as_ = s.cells[use].total, s.cells[use].term & 255
        take(s, use)
        cell = s.values[value].first_term
        while cell >= 0:
            term = s.cells[cell].term
            put(s, total, (term + (as_ & 254)) ^ (as_ & 1))
            cell = s.cells[cell].next_term
        use = s.values[value].first_use
    cell = s.values[value].first_term
    while cell >= 0:
        take(s, cell)
        cell = s.values[value].first_term
    s.values[value].busy = 0
    s.free_adders[s.now[0].free_adders] = value
    s.now[0].free_adders += 1
    _log(s, _DELETE, value, s.values[value].depth, s.values[value].weight)
    return True


@compiled
def highest_shift(s: State, total: int) -> int:
    """Of the terms of a sum."""
    highest, cell = 0, s.values[total].first_term
    while cell >= 0:
        highest = max(highest, (s.cells[cell].term >> 1) & 127)
        cell = s.cells[cell].next_term
    return highest


@compiled
def clean(s: State) -> None:
    """Dissolve the adders that less than two terms have, or that have less than two terms."""
    while s.now[0].suspects > 0:
        s.now[0].suspects -= 1
        value = s.suspects[s.now[0].suspects]
        if s.values[value].busy and (s.values[value].uses < 2 or s.values[value].length < 2):
            dissolve(s, value)


@compiled
def depth_needed(s: State, total: int) -> int:
    """The least depth of a sum with the terms that it has, where depth is limited."""
    needed, depth = (1 << s.values[total].depth) - s.values[total].slack, 0
    while 1 << depth < needed:
        depth += 1
    return depth


@compiled
def lower(s: State, value: int) -> None:
    """Note that an adder is less deep than it may be: the sums that have it gain slack."""
    depth, before = depth_needed(s, value), s.values[value].depth
    if depth < before:
        _note_depth(s, value, depth)
        _log(s, _LOWER, value, before, 0)


@compiled
def lower_all(s: State) -> None:
    """Lower every adder, for good."""
    for value in range(s.now[0].adders_from, s.now[0].adders_to):
        if s.values[value].busy:
            lower(s, value)
            keep(s)


@compiled
def _note_depth(s: State, value: int, depth: int) -> None:
    """Count an adder as so deep, in its own slack and in that of the sums that have it."""
    gained = (1 << s.values[value].depth) - (1 << depth)
    s.values[value].depth = depth
    s.values[value].slack -= gained
    use = s.values[value].first_use
    while use >= 0:
        s.values[s.cells[use].total].slack += gained
        use = s.cells[use].next_use


@compiled
def keep(s: State) -> None:
    """Make all changes so far for good."""
    s.now[0].changes = 0


@compiled
def undo(s: State) -> None:
    """Go back to the last `keep`."""
    while s.now[0].changes > 0:
        s.now[0].changes -= 1
        entry = s.now[0].changes
        what, which = s.journal[entry].what, s.journal[entry].which
        total, term = s.journal[entry].total, s.journal[entry].term
        if what == _PUT:
            _unlink(s, which)
            s.free_cells[s.now[0].free_cells] = which
            s.now[0].free_cells += 1
        elif what == _TAKE:
            s.now[0].free_cells -= 1
            _link(s, which, total, term, False)
        elif what == _LOWER:
            _note_depth(s, which, total)
        elif what == _NEW:
            s.values[which].busy = 0
            s.free_adders[s.now[0].free_adders] = which
            s.now[0].free_adders += 1
        else:
            s.now[0].free_adders -= 1
            _begin(s, which, total, term)
    s.now[0].suspects = s.now[0].offers = 0


@compiled
def fill(s: State, totals: Integers, terms: Integers) -> None:
    """Put terms into sums that have none of the same value yet."""
    for place in range(len(terms)):
        s.now[0].free_cells -= 1
        _link(s, s.free_cells[s.now[0].free_cells], totals[place], terms[place], False)
