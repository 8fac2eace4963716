"""A scheduled datapath as Amaranth signals, named after layer, node and stage."""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Mux, Signal, Value

from mulbudget.hw.carry import sum_top_apart
from mulbudget.hw.channels import resized, shape
from mulbudget.hw.datapath import (
    Clamp,
    Constant,
    Datapath,
    Greater,
    Input,
    Offset,
    Op,
    Product,
    Select,
    Shift,
    Sum,
)
from mulbudget.hw.families import Family
from mulbudget.hw.multipliers import Multipliers
from mulbudget.hw.polarity import complemented
from mulbudget.hw.schedule import Schedule, registers

_KEEP = {"keep": True}
"""On every adder: else Yosys fuses chains of adders into compressors of plain LUTs."""


def emit(
    m: Module,
    layer: str,
    datapath: Datapath,
    schedule: Schedule,
    *,
    inputs: Sequence[Value],
    enable: Value,
    family: Family | None,
    phase: Value | None = None,
) -> list[Value]:
    """Add a datapath to module `m` and give its outputs, all of stage `schedule.latency`.

    Signal `<layer>_<node>_s<stage>` is a node's value after that many registers; of the values that
    `complemented` gives the complement is stored, with `_n` behind the name. Registers take a new
    value where `enable` is 1, and have no reset.

    `phase`, where the datapath's interval is more than 1, counts its clocks; a sample is in stage s
    in the clocks of phase s modulo the interval, and a register keeps its value for an interval.
    """
    emitter = _Emitter(m, layer, datapath, schedule, inputs, enable, family, phase)
    for value in range(len(datapath.ops)):
        emitter.emit(value)
    emitter.connect_multipliers()
    return [emitter.at(value, schedule.latency) for value in datapath.outputs]


class _Emitter:
    def __init__(
        self,
        m: Module,
        layer: str,
        datapath: Datapath,
        schedule: Schedule,
        inputs: Sequence[Value],
        enable: Value,
        family: Family | None,
        phase: Value | None,
    ) -> None:
        self._m, self._layer, self._schedule = m, layer, schedule
        self._ops, self._inputs, self._interval = datapath.ops, inputs, datapath.interval
        self._enable, self._family, self._phase = enable, family, phase
        self._multipliers = Multipliers(m, layer, datapath, schedule, enable, family)
        self._complements = complemented(datapath, family)
        self._made: list[list[Value]] = []
        self._enables: dict[int, Value] = {}

    def at(self, value: int, stage: int) -> Value:
        """A value as it is in a later stage."""
        if isinstance(self._ops[value], Constant):
            return self._made[value][0]
        passed = registers(stage - self._schedule.stages[value], self._interval)
        stored = self._made[value][passed]
        return ~stored if value in self._complements else stored

    def emit(self, value: int) -> None:
        """Make a value and the registers that keep it until it is last used."""
        op, first = self._ops[value], self._schedule.stages[value]
        suffix = "_n" if value in self._complements else ""
        chain = [self._make(value, first)]
        enable = self._enabled(first)
        for stage in range(first + 1, self._schedule.last[value] + 1, self._interval):
            register = self._signal(op, stage, suffix, reset_less=True)
            # A Mux, not an If: it makes one line of Verilog instead of a process.
            self._m.d.sync += register.eq(Mux(enable, chain[-1], register))
            chain.append(register)
        self._made.append(chain)

    def connect_multipliers(self) -> None:
        """Give every multiplier its operands, once all are made."""
        self._multipliers.connect(self._phase)

    def _enabled(self, stage: int) -> Value:
        """When a register takes a value of this stage."""
        if self._phase is None:
            return self._enable
        if stage % self._interval not in self._enables:
            clock = stage % self._interval
            enable = Signal(name=f"{self._layer}_enable_{clock}")
            self._m.d.comb += enable.eq(self._enable & (self._phase == clock))
            self._enables[clock] = enable
        return self._enables[stage % self._interval]

    def _signal(self, op: Op, stage: int, suffix: str = "", **options: object) -> Signal:
        name = f"{self._layer}_{op.name}_s{stage}{suffix}"
        return Signal(shape(op.low, op.high), name=name, **options)

    def _make(self, value: int, stage: int) -> Value:
        op = self._ops[value]
        match op:
            case Input():
                return self._inputs[op.channel]
            case Constant():
                return Const(op.low, shape(op.low, op.high))
            case Product():
                return self._product(value, op, stage)
            case Offset():
                return self._offset(op, stage)
            case Sum():
                return self._sum(value, op, stage)
            case Greater():
                return self._greater(op, stage)
        signal = self._signal(op, stage)
        operands = [self.at(each, stage) for each in op.operands]
        self._m.d.comb += signal.eq(_expression(op, operands, self._ops))
        return signal

    def _sum(self, value: int, op: Sum, stage: int) -> Value:
        """An adder on what is stored of its operands, so that as few as can be are inverted.

        `a - b` inverts b by itself, so it asks for a plain and for the stored complement of b.
        """
        left, right = (self.at(each, stage) for each in op.operands)
        left, right = left << op.left_shift, right << op.right_shift
        if sum_top_apart(self._family, op, self._ops):  # a family that stores no complements
            return self._sum_and_top(op, stage, left, right)
        stored = tuple(each in self._complements for each in op.operands)
        complement = stored == ((True, False) if op.subtract else (True, True))
        if complement:
            other = _minus_one_minus(left)
            total = other + right if op.subtract else other - right
        else:
            total = left - right if op.subtract else left + right
        wanted = value in self._complements
        suffix = "_n" if wanted else ""
        if wanted == complement:
            signal = self._signal(op, stage, suffix, attrs=_KEEP)
            self._m.d.comb += signal.eq(total)
        else:
            # The inverters end a chain of adders by themselves, and must be free to merge into it.
            signal = self._signal(op, stage, suffix)
            self._m.d.comb += signal.eq(~total)
        return signal

    def _sum_and_top(self, op: Sum, stage: int, left: Value, right: Value) -> Value:
        """A sum whose top bit is not of the carry chain; see `carry`.

        The carry into it is that of two equal bits below, and of unequal ones their sum inverted.
        """
        signal = self._signal(op, stage)
        bits = len(signal) - 1
        lower = Signal(bits, name=f"{self._layer}_{op.name}_lower_s{stage}", attrs=_KEEP)
        self._m.d.comb += lower.eq(left - right if op.subtract else left + right)
        a, b = (resized(each, bits + 1)[-2:] for each in (left, right))
        b = ~b if op.subtract else b
        carry = Mux(a[0] == b[0], a[0], ~lower[-1])
        self._m.d.comb += signal.eq(Cat(lower, a[1] ^ b[1] ^ carry))
        return signal

    def _greater(self, op: Greater, stage: int) -> Value:
        """The sign of a difference: of a comparison Yosys makes a chain that is left half-way.

        Where a subtraction costs inverters, those of a comparison are in the LUTs of its chain.
        """
        left, right = (self.at(each, stage) for each in op.operands)
        signal = self._signal(op, stage)
        if self._family is not None and not self._family.free_subtraction:
            self._m.d.comb += signal.eq(left > right)
            return signal
        difference = Signal(
            (right - left).shape(), name=f"{self._layer}_{op.name}_minus_s{stage}", attrs=_KEEP
        )
        self._m.d.comb += [difference.eq(right - left), signal.eq(difference[-1])]
        return signal

    def _product(self, value: int, op: Product, stage: int) -> Value:
        start = stage - op.clocks
        operands = [self.at(each, start) for each in op.operands]
        signal = self._signal(op, stage)
        made = self._multipliers.product(value, operands, start)
        self._m.d.comb += signal.eq(made)
        return signal

    def _offset(self, op: Offset, stage: int) -> Value:
        """An adder as wide as it must be: the constant's trailing zeros leave low bits alone."""
        operand = op.operands[0]
        x = self.at(operand, stage)
        free = 0 if op.negative else (op.constant & -op.constant).bit_length() - 1
        upper = Signal(
            shape(op.low >> free, op.high >> free),
            name=f"{self._layer}_{op.name}_upper_s{stage}",
            attrs=_KEEP,
        )
        constant = op.constant >> free
        if operand in self._complements:
            # With s = ~x, constant + x is ~(s - constant), and constant - x is s + constant + 1.
            s = _minus_one_minus(x) >> free
            total = s + (constant + 1) if op.negative else ~(s - constant)
        else:
            total = constant - x if op.negative else (x >> free) + constant
        self._m.d.comb += upper.eq(total)
        if not free:
            return upper
        signal = self._signal(op, stage)
        self._m.d.comb += signal.eq(Cat(resized(x, free), upper))
        return signal


def _minus_one_minus(x: Value) -> Value:
    """The complement of `x` as a number, so with a sign bit."""
    return ~(x if x.shape().signed else Cat(x, Const(0, 1)).as_signed())


def _expression(op: Op, operands: list[Value], ops: Sequence[Op]) -> Value:
    match op:
        case Shift():
            return operands[0] << op.shift
        case Select():
            return Mux(operands[0], operands[1], operands[2])
        case Clamp():
            return _clamp(op, operands[0], ops[op.operands[0]])
    raise TypeError(f"no expression for {type(op).__name__}")


def _clamp(op: Clamp, x: Value, source: Op) -> Value:
    """Saturation by the cheapest test: the sign for a low of 0, the upper bits for 2**k - 1.

    Both as gates, not as multiplexers: these become resets of the registers behind, each clamp with
    one of its own, and registers with different resets cannot be neighbours.
    """
    value = x >> op.shift
    over, under = source.high >> op.shift > op.high, source.low >> op.shift < op.low
    bits = op.high.bit_length()
    if op.low == 0 and op.high == (1 << bits) - 1:
        signed = value.shape().signed
        result = value[:bits]
        if over:
            result |= value[bits : len(value) - signed].any().replicate(bits)
        return result & ~x[-1].replicate(bits) if under else result
    result = Mux(value > op.high, op.high, value) if over else value
    return Mux(value < op.low, op.low, result) if under else result
