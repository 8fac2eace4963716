"""A scheduled datapath digit by digit, least significant first: adders of a few bits with a carry.

A word is L digits of d bits, two's complement, and its digits follow one another a clock each. Sums
are exact modulo 2**(L * d), which therefore need only hold the outputs.
"""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Mux, Signal, Value

from mulbudget.hw.choice import choose
from mulbudget.hw.datapath import Constant, Datapath, Input, Offset, Op, Shift, Sum
from mulbudget.hw.families import Family
from mulbudget.hw.schedule import Schedule
from mulbudget.spn import width

LOGIC_DIGIT = 3
"""Bits of a digit up to which an adder is of LUTs, two a bit: carry chains take longer sums."""


def collects(digit: int, family: Family | None) -> bool:
    """Whether flip-flops choose the digits of words, by `choice.collect`, where they are free.

    Digits of a bit take fewer LUTs so, and those for carry chains, which have no input to spare. Of
    2 and 3 bits they are chosen in the LUTs of the adders, nearly for nothing.
    """
    return family is not None and family.free_flip_flops and not 1 < digit <= LOGIC_DIGIT


def word_bits(datapath: Datapath) -> int:
    """Bits of the widest output: what a word has to hold."""
    return max(width(low, high)[0] for low, high in datapath.ends)


class Digits:
    """The values of a datapath of sums as signals of `digit` bits.

    Signal `<layer>_<node>_s<stage>` is a digit of a node's value after that many registers.
    Registers take a new digit where `enable` is 1. A word begins without carries, and without what
    a shift holds back. Adders of LUTs mask them then, which takes no LUT: a bit of a sum has inputs
    to spare, and registers without a reset share their cells with any others. For carry chains they
    are cleared by every clock in which a stage has no digit, or the last one of a word: so a word
    must not begin in the first clock after reset.

    Parameters
    ----------
    m : Module
    layer : str
        Begins the names of signals.
    datapath : Datapath
        Of inputs, constants, sums, offsets and shifts.
    schedule : Schedule
    inputs : sequence of Value
        The digit of each that is in stage 0.
    digit, digits : int
        Bits of a digit, and digits of a word.
    enable : Value
    phase : Value
        Which digit of a word is in stage 0.
    busy : Value
        Whether one is.
    """

    def __init__(
        self,
        m: Module,
        layer: str,
        datapath: Datapath,
        schedule: Schedule,
        *,
        inputs: Sequence[Value],
        digit: int,
        digits: int,
        enable: Value,
        phase: Value,
        busy: Value,
    ) -> None:
        self._m, self._layer, self._ops, self._schedule = m, layer, datapath.ops, schedule
        self._inputs, self._digit, self._digits, self._enable = inputs, digit, digits, enable
        last = Signal(name=f"{layer}_last_s0")
        more = Signal(name=f"{layer}_more_s0")
        m.d.comb += [last.eq(busy & (phase == digits - 1)), more.eq(busy & (phase != digits - 1))]
        self._last, self._more = [last], [more]
        self._masks = digit <= LOGIC_DIGIT
        self._later: dict[int, list[Signal]] = {}
        self._phases: dict[int, Value] = {0: phase}
        self._delays: dict[tuple[int, int], list[Value]] = {}
        self._made: list[list[Value]] = []
        for value in range(len(self._ops)):
            self._emit(value)

    def at(self, value: int, stage: int) -> Value:
        """A digit of a value as it is in a later stage."""
        return self._made[value][stage - self._schedule.stages[value]]

    def last(self, stage: int) -> Value:
        """Whether the last digit of a word is in a stage."""
        return self._token(self._last, "last", stage)

    def more(self, stage: int) -> Value:
        """Whether a digit is in a stage that is not the last one of its word."""
        return self._token(self._more, "more", stage)

    def later(self, stage: int, digits: int) -> Value:
        """Whether so many digits of its word came before the one that is in a stage."""
        if digits not in self._later:
            first = Signal(name=f"{self._layer}_later{digits}_s0")
            self._m.d.comb += first.eq(self.phase(0) >= digits)
            self._later[digits] = [first]
        return self._token(self._later[digits], f"later{digits}", stage)

    def phase(self, stage: int) -> Value:
        """Which digit of a word is in a stage."""
        if stage not in self._phases:
            phase = Signal(range(self._digits), name=f"{self._layer}_phase_s{stage}")
            self._register(phase, Mux(self.more(stage), phase + 1, 0))
            self._phases[stage] = phase
        return self._phases[stage]

    def _token(self, chain: list[Signal], name: str, stage: int) -> Signal:
        while len(chain) <= stage:
            token = Signal(name=f"{self._layer}_{name}_s{len(chain)}")
            self._register(token, chain[-1])
            chain.append(token)
        return chain[stage]

    def _register(self, signal: Signal, value: Value) -> None:
        self._m.d.sync += signal.eq(Mux(self._enable, value, signal))

    def _keep(self, register: Signal, value: Value, stage: int, start: int) -> None:
        """A register for later digits of the same word, of which the first ones find `start`."""
        self._register(register, value if self._masks else Mux(self.more(stage), value, start))

    def _kept(self, register: Value, stage: int, start: int, digits: int = 1) -> Value:
        """What `_keep` kept so many digits ago."""
        if not self._masks:
            return register
        mask = self.later(stage, digits).replicate(len(register))
        return (register | ~mask)[: len(register)] if start else register & mask

    def _emit(self, value: int) -> None:
        """Make a value and the registers that keep it until it is last used."""
        op, first = self._ops[value], self._schedule.stages[value]
        chain = [self._make(op, first)]
        for stage in range(first + 1, self._schedule.last[value] + 1):
            register = self._signal(op, stage, reset_less=True)
            self._register(register, chain[-1])
            chain.append(register)
        self._made.append(chain)

    def _signal(self, op: Op, stage: int, part: str = "", **options: bool) -> Signal:
        return Signal(self._digit, name=f"{self._layer}_{op.name}{part}_s{stage}", **options)

    def _make(self, op: Op, stage: int) -> Value:
        match op:
            case Input():
                return self._inputs[op.channel]
            case Constant():
                return Const(0, self._digit)  # it is an output, and taken as a whole
            case Shift():
                return self._shifted(op.operands[0], op.shift, stage)
            case Sum():
                left = self._shifted(op.operands[0], op.left_shift, stage)
                right = self._shifted(op.operands[1], op.right_shift, stage)
                return self._add(op, stage, left, right, subtract=op.subtract)
            case Offset():
                constant = self._constant(op.constant, stage)
                return self._add(
                    op, stage, constant, self.at(op.operands[0], stage), subtract=op.negative
                )
        raise TypeError(f"no digits of {type(op).__name__}")

    def _constant(self, constant: int, stage: int) -> Value:
        if not constant:
            return Const(0, self._digit)
        bits = self._digit * self._digits
        word = Const(constant % (1 << bits), bits)
        return choose([word], digit=self._digit, digits=self._digits, phase=self.phase(stage))[0]

    def _shifted(self, value: int, shift: int, stage: int) -> Value:
        """A digit of a value << shift: bits that came before, zeros where none did."""
        if not shift:
            return self.at(value, stage)
        whole, part = divmod(shift, self._digit)
        delays = self._delays.setdefault((value, stage), [self.at(value, stage)])
        while len(delays) <= whole + (part > 0):
            name = f"_delay{len(delays)}"
            register = self._signal(self._ops[value], stage, name, reset_less=True)
            self._keep(register, delays[-1], stage, 0)
            delays.append(register)
        before = self._kept(delays[whole], stage, 0, whole) if whole else delays[0]
        if not part:
            return before
        held = self._kept(delays[whole + 1][self._digit - part :], stage, 0, whole + 1)
        return Cat(held, before)[: self._digit]

    def _add(self, op: Op, stage: int, left: Value, right: Value, *, subtract: bool) -> Value:
        """A digit of a sum, with the carry of the digit before; a difference begins with one."""
        carry = Signal(
            name=f"{self._layer}_{op.name}_carry_s{stage}", init=subtract, reset_less=True
        )
        signal = self._signal(op, stage)
        right = (~right)[: self._digit] if subtract else right
        taken = self._kept(carry, stage, int(subtract))
        if self._digit <= LOGIC_DIGIT:
            out = taken
            bits: list[Value] = []
            for a, b in zip(left, right, strict=True):
                bits.append(a ^ b ^ out)
                out = (a & b) | (out & (a ^ b))
            self._m.d.comb += signal.eq(Cat(*bits))
        else:
            # A low bit for the carry, so that the sum has two operands.
            total = Signal(self._digit + 2, name=f"{self._layer}_{op.name}_total_s{stage}")
            self._m.d.comb += [
                total.eq(Cat(Const(1, 1), left) + Cat(taken, right)),
                signal.eq(total[1:-1]),
            ]
            out = total[-1]
        self._keep(carry, out, stage, int(subtract))
        return signal
