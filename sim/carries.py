"""The carry chains of an ECP5 netlist, rewritten to fewer cells between Yosys and nextpnr.

nextpnr gives a cell of two LUTs to every constant or net that a chain begins with, and one to
every last carry, even where nothing reads it. Neither is needed: a bit that only generates a carry
does not look at the one before it, and a last carry that is not connected takes nothing.

LUTs that nothing reads go as well, which Yosys leaves where a wire is to be kept.

Yosys puts the two terms of every bit on the same two pins, and a router, which may exchange the
pins of a LUT, may not those of a carry cell: here they take turns on all four.
"""

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from mulbudget.spn.files import write_whole

ECP5 = "ecp5"
"""What `Family.cells` is of the families that it is for."""

RULES = Path(__file__).read_text()
"""What a netlist depends on besides what Yosys made: part of the key of whatever is kept."""

Bit = int | str
"""A bit of Yosys's JSON: the number of a net, or the constant "0", "1" or "x"."""

Cell = dict[str, Any]
"""A cell of Yosys's JSON."""

Reader = Literal["nextpnr", "yosys"]
"""nextpnr wants every output of a carry cell, at x where nothing reads it, and Yosys none at x."""

_OPEN, _HIGH = "x", "1"

_PINS = "ABCD"

_INJECT = ("INJECT1_0", "INJECT1_1")


class Half(NamedTuple):
    """One of the two bits of a CCU2C, INJECT1 being NO.

    With p and g of the tables below, its sum is p ^ c and the carry that follows p ? c : g.

    Parameters
    ----------
    init : int
        p, a table of the four pins, the first of which is the lowest bit of its index. Its lowest
        quarter is g, a table of the first two.
    pins : tuple of Bit
    total : Bit or None
        The sum; None where nothing reads it.
    """

    init: int
    pins: tuple[Bit, ...]
    total: Bit | None = None

    def tables(self, values: Mapping[Bit, int]) -> tuple[int, int]:
        """p and g for values of the nets."""
        index = sum(values.get(pin, pin == _HIGH) << at for at, pin in enumerate(self.pins))
        return self.init >> index & 1, self.init >> (index & 3) & 1


_CLOSED = (_HIGH,) * len(_PINS)

_CARRY = Half(0, _CLOSED)
"""Its sum is the carry: p is 0."""


def shorten(path: Path, reader: Reader = "nextpnr") -> int:
    """Rewrite the carry chains of the netlist in a file that Yosys wrote as JSON, for a reader.

    Returns
    -------
    int
        LUTs, those of carry cells included.
    """
    netlist = msgspec.json.decode(path.read_bytes())
    modules = netlist["modules"].values()
    for module in modules:
        _shorten(module, reader)
    write_whole(path, msgspec.json.encode(netlist))
    cells = (cell for module in modules for cell in module["cells"].values())
    return sum(_SIZES.get(cell["type"], 0) for cell in cells)


_SIZES = {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4}
"""LUTs that cells take."""


def _shorten(module: dict[str, Any], reader: Reader) -> None:
    """Rewrite the carry chains of a module.

    Chains whose carry is read in their middle as well, or that inject constants, stay as they are.
    """
    cells: dict[str, Cell] = module["cells"]
    readers = _readers(module)
    for name in [name for name, cell in cells.items() if _is_unread(cell, readers)]:
        del cells[name]
    fresh = max(_all_nets(module), default=1) + 1
    for names in list(_chains(cells, readers)):
        made = _rewritten([cells.pop(name) for name in names], readers, fresh)
        if reader == "yosys":
            _leave_out_open(made)
        cells |= dict(zip(_free_names(names[0], cells), made, strict=False))
        fresh += len(made)


def _nets(bits: Iterable[Bit]) -> Iterator[int]:
    return (bit for bit in bits if isinstance(bit, int))


def _all_nets(module: Mapping[str, Any]) -> Iterator[int]:
    for named in (*module["ports"].values(), *module["netnames"].values()):
        yield from _nets(named["bits"])
    for cell in module["cells"].values():
        for bits in cell["connections"].values():
            yield from _nets(bits)


def _readers(module: Mapping[str, Any]) -> Counter[Bit]:
    """How often each net is read, by cells and by the ports of the module."""
    result: Counter[Bit] = Counter()
    for port in module["ports"].values():
        if port["direction"] != "input":
            result.update(_nets(port["bits"]))
    for cell in module["cells"].values():
        for name, bits in cell["connections"].items():
            if cell["port_directions"][name] != "output":
                result.update(_nets(bits))
    return result


def _is_unread(cell: Cell, readers: Mapping[Bit, int]) -> bool:
    return cell["type"] == "LUT4" and not any(readers[bit] for bit in cell["connections"]["Z"])


def _chains(cells: Mapping[str, Cell], readers: Mapping[Bit, int]) -> Iterator[list[str]]:
    """Names of the cells of each chain that can be rewritten."""
    carries = {name: cell["connections"] for name, cell in cells.items() if _can_be(cell)}
    after = {pins["CIN"][0]: name for name, pins in carries.items()}
    outs = set(_nets(pins["COUT"][0] for pins in carries.values()))
    for first, pins in carries.items():
        if pins["CIN"][0] in outs:
            continue
        chain, out, whole = [first], pins["COUT"][0], True
        while out in outs and out in after:
            whole = whole and readers[out] == 1
            chain.append(after[out])
            out = carries[after[out]]["COUT"][0]
        if whole:
            yield chain


_INPUTS = ("CIN", *(f"{pin}{side}" for side in "01" for pin in _PINS))

_OUTPUTS = ("S0", "S1", "COUT")


def _can_be(cell: Cell) -> bool:
    """Whether it is a carry cell as `Half` describes it, all connected."""
    return (
        cell["type"] == "CCU2C"
        and cell["connections"].keys() == {*_INPUTS, *_OUTPUTS}
        and all(cell["parameters"].get(key) == "NO" for key in _INJECT)
    )


def _rewritten(chain: Sequence[Cell], readers: Mapping[Bit, int], fresh: int) -> list[Cell]:
    """The cells that a chain becomes; new nets have numbers from `fresh` on."""
    halves = [half for cell in chain for half in _halves(cell, readers)]
    carry, out = chain[0]["connections"]["CIN"][0], chain[-1]["connections"]["COUT"][0]
    if readers[out]:
        halves.append(_CARRY._replace(total=out))
    else:
        while halves and halves[-1].total is None:
            halves.pop()
    if not halves:
        return []
    if isinstance(carry, int):
        return _ccu2cs([Half(0b1010, (carry, *_CLOSED[1:])), *halves], fresh)
    return _behind_constant(carry == _HIGH, halves, fresh)


def _halves(cell: Cell, readers: Mapping[Bit, int]) -> Iterator[Half]:
    pins = cell["connections"]
    for side in "01":
        (total,) = pins[f"S{side}"]
        yield Half(
            int(cell["parameters"][f"INIT{side}"], 2),
            tuple(pins[f"{pin}{side}"][0] for pin in _PINS),
            total if readers[total] else None,
        )


def _behind_constant(high: bool, halves: Sequence[Half], fresh: int) -> list[Cell]:
    """A chain that begins with a constant carry, in the way that takes fewer LUTs.

    Either a half before it generates the constant, or the first half generates what it carries on,
    and a LUT makes its sum.
    """
    first, *others = halves
    longer = _ccu2cs([Half(0b1111 if high else 0, _CLOSED), *halves], fresh)
    generated = _generated(first, high)
    if generated is None:
        return longer
    shorter = _ccu2cs([generated, *others], fresh) if others else []
    if first.total is not None:
        shorter.append(_lut(first, high))
    return min(shorter, longer, key=_luts)


def _generated(half: Half, high: bool) -> Half | None:
    """A half with the carry of another behind a constant, where that is of two nets at most."""
    nets = list(dict.fromkeys(_nets(half.pins)))

    def carry(values: Mapping[Bit, int]) -> int:
        p, g = half.tables(values)
        return high if p else g

    def table(chosen: Sequence[Bit]) -> int:
        return sum(
            carry({net: index >> at & 1 for at, net in enumerate(chosen)}) << index
            for index in range(1 << len(chosen))
        )

    whole = table(nets)
    chosen = [net for at, net in enumerate(nets) if _depends(whole, at, len(nets))]
    if len(chosen) > 2:
        return None
    small = table(chosen)
    for at in range(len(chosen), 2):
        small |= small << (1 << at)
    return Half(small, (*chosen, *_CLOSED[len(chosen) :]))


def _depends(table: int, at: int, inputs: int) -> bool:
    """Whether a table looks at one of its inputs."""
    return any((table >> index ^ table >> (index ^ 1 << at)) & 1 for index in range(1 << inputs))


def _luts(cells: Iterable[Cell]) -> int:
    return sum(2 if cell["type"] == "CCU2C" else 1 for cell in cells)


_TURNS = ((0, 1), (0, 2), (1, 3), (0, 3), (1, 2))
"""Pins of two nets: the first is A or B, whichever a carry is generated of."""


def _turned(half: Half, turn: int) -> Half:
    """A half with its two nets on the pins whose turn it is, where its carry is one of the nets.

    A generated carry counts only where p is 0. Of the other pins, which are high, one is C or D, so
    that the table's lowest quarter is g alone.
    """
    nets = list(dict.fromkeys(_nets(half.pins)))
    if len(nets) != 2:
        return half
    rows = {
        (one, two): half.tables({nets[0]: one, nets[1]: two})
        for one, two in itertools.product((0, 1), repeat=2)
    }
    for of, inverted in itertools.product((0, 1), repeat=2):
        if all(p or g == values[of] ^ inverted for values, (p, g) in rows.items()):
            break
    else:
        return half
    pins: list[Bit] = [*_CLOSED]
    carried, other = _TURNS[turn % len(_TURNS)]
    pins[carried], pins[other] = nets[of], nets[1 - of]
    init = 0
    for index in range(16):
        one, two = index >> carried & 1, index >> other & 1
        p, _ = rows[(two, one) if of else (one, two)]
        init |= (p if index >> 2 else one ^ inverted) << index
    return half._replace(init=init, pins=tuple(pins))


def _ccu2cs(halves: Sequence[Half], fresh: int) -> list[Cell]:
    """Cells, whose first carry is not connected: the first half only generates one."""
    halves = [_turned(half, turn) for turn, half in enumerate(halves)]
    halves = [*halves, _CARRY][: len(halves) + len(halves) % 2]
    between = range(fresh, fresh + len(halves) // 2 - 1)
    carries = [_OPEN, *between, _OPEN]
    pairs = zip(halves[::2], halves[1::2], itertools.pairwise(carries), strict=True)
    return [_ccu2c(low, high, *ends) for low, high, ends in pairs]


def _ccu2c(low: Half, high: Half, carry: Bit, out: Bit) -> Cell:
    inputs: dict[str, Bit] = dict(zip(_INPUTS, (carry, *low.pins, *high.pins), strict=True))
    totals = (_OPEN if half.total is None else half.total for half in (low, high))
    outputs: dict[str, Bit] = dict(zip(_OUTPUTS, (*totals, out), strict=True))
    parameters = {"INIT0": _word(low.init), "INIT1": _word(high.init)}
    return _cell("CCU2C", parameters | dict.fromkeys(_INJECT, "NO"), inputs, outputs)


def _lut(half: Half, high: bool) -> Cell:
    """The sum of a half behind a constant carry."""
    init = half.init ^ (0xFFFF if high else 0)
    inputs = dict(zip(_PINS, half.pins, strict=True))
    return _cell("LUT4", {"INIT": _word(init)}, inputs, {"Z": half.total or _OPEN})


def _cell(
    kind: str, parameters: dict[str, str], inputs: dict[str, Bit], outputs: dict[str, Bit]
) -> Cell:
    return {
        "hide_name": 1,
        "type": kind,
        "parameters": parameters,
        "attributes": {},
        "port_directions": dict.fromkeys(inputs, "input") | dict.fromkeys(outputs, "output"),
        "connections": {name: [bit] for name, bit in (inputs | outputs).items()},
    }


def _leave_out_open(cells: Iterable[Cell]) -> None:
    """Take the outputs that nothing reads from new cells."""
    for cell in cells:
        pins, directions = cell["connections"], cell["port_directions"]
        for name in [name for name in _OUTPUTS if pins.get(name) == [_OPEN]]:
            del pins[name], directions[name]


def _free_names(name: str, taken: Collection[str]) -> Iterator[str]:
    """A name and others like it, of those that no cell has."""
    yield name
    for number in itertools.count(1):
        if (other := f"{name}${number}") not in taken:
            yield other


def _word(init: int) -> str:
    return f"{init:016b}"
