"""The carry chains of an ECP5 netlist, rewritten to fewer cells between Yosys and nextpnr.

nextpnr gives a cell of two LUTs to every constant or net that a chain begins with, and one to
every last carry, even where nothing reads it. Neither is needed: a bit that only generates a carry
does not look at the one before it, and a last carry that is not connected takes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from mulbudget.spn.files import write_whole

ECP5 = "ecp5"
"""What `Family.cells` is of the families that it is for."""

Bit = int | str
"""A bit of Yosys's JSON: the number of a net, or the constant "0", "1" or "x"."""

Reader = Literal["nextpnr", "yosys"]
"""nextpnr wants every output of a carry cell, at x where nothing reads it, and Yosys none at x."""

_OPEN, _HIGH = "x", "1"

_PINS = "ABCD"

_PORTS = 12
"""Of a CCU2C: the pins of two bits and their sums, and the two carries."""

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


_CLOSED = (_HIGH,) * len(_PINS)

_CARRY = Half(0, _CLOSED)
"""Its sum is the carry: p is 0."""


def shorten(path: Path, reader: Reader = "nextpnr") -> None:
    """Rewrite the carry chains of the netlist in a file that Yosys wrote as JSON, for a reader."""
    netlist = msgspec.json.decode(path.read_bytes())
    for module in netlist["modules"].values():
        _shorten(module, reader)
    write_whole(path, msgspec.json.encode(netlist))


def _shorten(module: dict[str, Any], reader: Reader) -> None:
    """Rewrite the carry chains of a module.

    Chains whose carry is read in their middle as well, or that inject constants, stay as they are.
    """
    cells, readers = module["cells"], _readers(module)
    fresh = max(_all_nets(module), default=1) + 1
    for names in list(_chains(cells, readers)):
        made = _rewritten({name: cells[name] for name in names}, readers, fresh)
        for name in names:
            del cells[name]
        cells |= made if reader == "nextpnr" else _without_open(made)
        fresh += len(made)


def _nets(bits: Iterable[Bit]) -> Iterator[int]:
    return (bit for bit in bits if isinstance(bit, int))


def _all_nets(module: Mapping[str, Any]) -> Iterator[int]:
    for port in module["ports"].values():
        yield from _nets(port["bits"])
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


def _chains(cells: Mapping[str, Any], readers: Mapping[Bit, int]) -> Iterator[list[str]]:
    """Names of the cells of each chain that can be rewritten."""
    carries = {name: cell["connections"] for name, cell in cells.items() if _can_be(cell)}
    after = {pins["CIN"][0]: name for name, pins in carries.items()}
    outs = set(_nets(pins["COUT"][0] for pins in carries.values()))
    for first, pins in carries.items():
        if pins["CIN"][0] in outs:
            continue
        chain, at, whole = [first], pins["COUT"][0], True
        while at in outs and at in after:
            whole = whole and readers[at] == 1
            chain.append(after[at])
            at = carries[after[at]]["COUT"][0]
        if whole:
            yield chain


def _can_be(cell: Mapping[str, Any]) -> bool:
    """Whether it is a carry cell as `Half` describes it, all connected."""
    if cell["type"] != "CCU2C" or len(cell["connections"]) < _PORTS:
        return False
    return all(cell["parameters"].get(key) == "NO" for key in _INJECT)


def _rewritten(
    cells: Mapping[str, Any], readers: Mapping[Bit, int], fresh: int
) -> dict[str, dict[str, Any]]:
    """The cells that a chain becomes; new nets have numbers from `fresh` on."""
    name, first = next(iter(cells.items()))
    halves = [half for cell in cells.values() for half in _halves(cell, readers)]
    out = list(cells.values())[-1]["connections"]["COUT"][0]
    if readers[out]:
        halves.append(_CARRY._replace(total=out))
    else:
        while halves and halves[-1].total is None:
            halves.pop()
    return _begun(name, first["connections"]["CIN"][0], halves, fresh)


def _halves(cell: Mapping[str, Any], readers: Mapping[Bit, int]) -> Iterator[Half]:
    for side in "01":
        pins = cell["connections"]
        (total,) = pins[f"S{side}"]
        yield Half(
            int(cell["parameters"][f"INIT{side}"], 2),
            tuple(pins[f"{pin}{side}"][0] for pin in _PINS),
            total if readers[total] else None,
        )


def _begun(name: str, carry: Bit, halves: Sequence[Half], fresh: int) -> dict[str, dict[str, Any]]:
    """The chain behind the first carry, the shorter of two ways."""
    if not halves:
        return {}
    if isinstance(carry, int):
        return _ccu2cs(name, [Half(0b1010, (carry, *_CLOSED[1:])), *halves], fresh)
    high = carry == _HIGH
    longer = _ccu2cs(name, [Half(0b1111 if high else 0, _CLOSED), *halves], fresh)
    generated = _generated(halves[0], high)
    if generated is None:
        return longer
    shorter = _ccu2cs(name, [generated, *halves[1:]], fresh)
    if halves[0].total is not None:
        shorter[f"{name}$sum"] = _lut(halves[0], high)
    return shorter if _luts(shorter) < _luts(longer) else longer


def _generated(half: Half, high: bool) -> Half | None:
    """A half with the carry of another behind a constant, where that is of two nets at most."""
    nets = list(dict.fromkeys(_nets(half.pins)))

    def carry(values: Mapping[Bit, int]) -> int:
        index = sum(values.get(pin, pin == _HIGH) << at for at, pin in enumerate(half.pins))
        return high if half.init >> index & 1 else half.init >> (index & 3) & 1

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


def _luts(cells: Mapping[str, Any]) -> int:
    return sum(2 if cell["type"] == "CCU2C" else 1 for cell in cells.values())


def _ccu2cs(name: str, halves: Sequence[Half], fresh: int) -> dict[str, dict[str, Any]]:
    """Cells, whose first carry is not connected: the first half only generates one."""
    halves = [*halves, _CARRY][: len(halves) + len(halves) % 2]
    result: dict[str, dict[str, Any]] = {}
    carry: Bit = _OPEN
    for at in range(0, len(halves), 2):
        last = at + 2 == len(halves)
        out = _OPEN if last else fresh + at // 2
        result[f"{name}${at}" if at else name] = _ccu2c(halves[at], halves[at + 1], carry, out)
        carry = out
    return result


def _ccu2c(low: Half, high: Half, carry: Bit, out: Bit) -> dict[str, Any]:
    inputs: dict[str, Bit] = {"CIN": carry}
    outputs: dict[str, Bit] = {"COUT": out}
    for side, half in enumerate((low, high)):
        inputs |= {f"{pin}{side}": bit for pin, bit in zip(_PINS, half.pins, strict=True)}
        outputs[f"S{side}"] = _OPEN if half.total is None else half.total
    parameters = {"INIT0": _word(low.init), "INIT1": _word(high.init)}
    return _cell("CCU2C", parameters | dict.fromkeys(_INJECT, "NO"), inputs, outputs)


def _lut(half: Half, high: bool) -> dict[str, Any]:
    """The sum of a half behind a constant carry."""
    init = half.init ^ (0xFFFF if high else 0)
    inputs = dict(zip(_PINS, half.pins, strict=True))
    return _cell("LUT4", {"INIT": _word(init)}, inputs, {"Z": half.total or _OPEN})


def _cell(
    kind: str, parameters: dict[str, str], inputs: dict[str, Bit], outputs: dict[str, Bit]
) -> dict[str, Any]:
    return {
        "hide_name": 1,
        "type": kind,
        "parameters": parameters,
        "attributes": {},
        "port_directions": dict.fromkeys(inputs, "input") | dict.fromkeys(outputs, "output"),
        "connections": {name: [bit] for name, bit in (inputs | outputs).items()},
    }


def _without_open(cells: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The cells without the outputs that nothing reads."""
    for cell in cells.values():
        pins, directions = cell["connections"], cell["port_directions"]
        for name in [name for name, bits in pins.items() if bits == [_OPEN]]:
            if directions[name] == "output":
                del pins[name], directions[name]
    return cells


def _word(init: int) -> str:
    return f"{init:016b}"
