"""The multipliers of a datapath, each for one product or shared by several."""

from dataclasses import dataclass, field

from amaranth import Module, Shape, Value

from mulbudget.hw.channels import shape
from mulbudget.hw.datapath import Datapath, Product
from mulbudget.hw.families import Family
from mulbudget.hw.multiplier import Multiplier
from mulbudget.hw.schedule import Schedule


@dataclass
class _Shared:
    """A multiplier, and what it multiplies in each clock of the interval."""

    unit: Multiplier
    operands: dict[int, list[Value]] = field(default_factory=dict)


class Multipliers:
    """As many as the schedule asks for, as submodules of `m`.

    Parameters
    ----------
    m : Module
    layer : str
        Begins their names.
    datapath : Datapath
    schedule : Schedule
        Its `blocks` says which multiplier makes which product.
    enable : Value
    family : Family or None
    """

    def __init__(
        self,
        m: Module,
        layer: str,
        datapath: Datapath,
        schedule: Schedule,
        enable: Value,
        family: Family | None,
    ) -> None:
        self._m, self._interval, self._blocks = m, datapath.interval, schedule.blocks
        self._shared: dict[int, _Shared] = {}
        for block in sorted(set(schedule.blocks.values())):
            values = [value for value, made_by in schedule.blocks.items() if made_by == block]
            unit = _multiplier(datapath, values, family)
            name = f"multiplier{block}" if datapath.interval > 1 else datapath.ops[values[0]].name
            m.submodules[f"{layer}_{name}"] = unit
            m.d.comb += unit.enable.eq(enable)
            self._shared[block] = _Shared(unit)

    def product(self, value: int, operands: list[Value], stage: int) -> Value:
        """The product with this number, whose operands (none of them constant) are of `stage`."""
        shared = self._shared[self._blocks[value]]
        shared.operands[stage % self._interval] = operands
        return shared.unit.p

    def connect(self, phase: Value | None) -> None:
        """Connect the operands, those of the clock that `phase` says."""
        for shared in self._shared.values():
            first, *others = sorted(shared.operands)
            if phase is None or not others:
                _connect(self._m, shared, first)
                continue
            with self._m.Switch(phase):
                for clock in others:
                    with self._m.Case(clock):
                        _connect(self._m, shared, clock)
                with self._m.Default():
                    _connect(self._m, shared, first)


def _connect(m: Module, shared: _Shared, clock: int) -> None:
    unit, operands = shared.unit, shared.operands[clock]
    ports = [unit.x, unit.y] if len(operands) > 1 else [unit.x]
    m.d.comb += [port.eq(operand) for port, operand in zip(ports, operands, strict=True)]


def _multiplier(datapath: Datapath, values: list[int], family: Family | None) -> Multiplier:
    """One for the widest operands of some products."""
    products = [op for value in values if isinstance(op := datapath.ops[value], Product)]
    first = products[0]
    x = _widest(datapath, [op.operands[0] for op in products])
    if first.constant is None:
        y = _widest(datapath, [op.operands[1] for op in products])
    else:
        y = first.constant
    dsp = family.dsp if family is not None and first.dsp else None
    return Multiplier(x, y, registers=first.registers, dsp=dsp, logic=not first.dsp)


def _widest(datapath: Datapath, values: list[int]) -> Shape:
    ops = [datapath.ops[value] for value in values]
    return shape(min(op.low for op in ops), max(op.high for op in ops))
