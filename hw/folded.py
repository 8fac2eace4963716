"""The folded style: a few inputs and a few products a clock, ternary columns in memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth import Array, Cat, Const, Module, Mux, ResetSignal, Shape, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import layout, resized, shape
from mulbudget.hw.families import Family
from mulbudget.hw.folding import Folding
from mulbudget.hw.masked import Entry, add_masked, masked
from mulbudget.hw.multiplier import Multiplier
from mulbudget.hw.streams import Ends
from mulbudget.hw.tables import TernaryTable, start, table
from mulbudget.spn import width


class FoldedLayer(wiring.Component):
    """Accumulators of u = Wb x, a chain of them to the multipliers, accumulators of Wc z.

    Every clock a group of inputs meets its columns of Wb, which come from memory, 2 bits an entry.
    With the last group all sums move to a chain of registers, and the next sample begins. The chain
    moves past the multipliers, and where there is a Wc each product is added to the outputs that
    take it. With G groups and R steps of products the interval is max(G, R + 1) clocks, and a
    result's first beat is offered `latency` clocks after the last group was taken, its others a
    clock each.

    Parameters
    ----------
    name : str
        Of the layer; begins the names of its signals.
    folding : Folding
    x : list of (low, high)
        Exact range of each channel of a beat of its input.
    levels_per_stage : int
        Adders between registers, at least 1.
    registers : int
        Of a multiplier, 1 or 2.
    family : Family or None
        Whose DSP blocks are used; None for portable hardware.

    Members
    -------
    i : In(stream)
        Payload c0, c1, …: all inputs, or a group of them, as the folding says.
    o : Out(stream)
        Payload c0, c1, …: the outputs, or so many as there are multipliers.
    """

    def __init__(
        self,
        name: str,
        folding: Folding,
        x: Ends,
        *,
        levels_per_stage: int,
        registers: int,
        family: Family | None,
    ) -> None:
        if levels_per_stage < 1:
            raise ValueError(f"levels_per_stage must be at least 1, not {levels_per_stage}")
        self.name, self.folding = name, folding
        self._levels, self._registers, self._family = levels_per_stage, registers, family
        super().__init__(
            {
                "i": In(stream.Signature(layout(x))),
                "o": Out(stream.Signature(layout(folding.given))),
            }
        )

    @property
    def sum_clocks(self) -> int:
        """Clocks from a group taken to its terms at the accumulators."""
        if self._merges:
            return 1
        levels = (self.folding.lanes - 1).bit_length()
        return 1 + max(-(-levels // self._levels), 1)

    @property
    def _merges(self) -> bool:
        """Whether accumulators take the only lane as it is: their carry cells have the masks."""
        cell = self._family is not None and self._family.carry_cell is not None
        return cell and self.folding.lanes == 1

    @property
    def product_clocks(self) -> int:
        """Clocks from a step of the chain to what it makes offered."""
        return 2 + self._registers

    @property
    def latency(self) -> int:
        """Clocks from the last group taken to the first beat of the result offered."""
        steps = 0 if self.folding.wc is None else self.folding.steps - 1
        return self.sum_clocks + 1 + steps + self.product_clocks

    @property
    def interval(self) -> int:
        """Clocks from sample to sample."""
        return self.folding.interval

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """The two halves: a group a clock, and a step of products a clock."""
        m = Module()
        add = _half(m, f"{self.name}_add", len(self.folding.groups), self.sum_clocks)
        step = _half(m, f"{self.name}_step", self.folding.steps, self.product_clocks)
        whole = add.present[-1] & add.final[-1]
        loaded = Signal(name=f"{self.name}_loaded")
        m.d.comb += [
            # From registers alone: it decides over every bit of the chain, and must not be late.
            loaded.eq(whole & ~step.offered),
            add.moves.eq(~whole | ~step.offered),
            step.moves.eq(~self.o.valid | self.o.ready),
            add.offered.eq(self.i.valid),
            self.i.ready.eq(add.moves & (add.last if self.folding.held else 1)),
            self.o.valid.eq(step.present[-1] & (step.final[-1] | (self.folding.wc is None))),
        ]
        with m.If(loaded):
            m.d.sync += step.offered.eq(1)
        with m.Elif(step.moves & step.last):
            m.d.sync += step.offered.eq(0)
        heads = self._chain(m, self._sums(m, add), loaded, step)
        self._finish(m, self._products(m, heads, step), step)
        return m

    def _sums(self, m: Module, add: "_Half") -> list[Value]:
        """The sum of each row with what is at its accumulator."""
        folding = self.folding
        lanes = self._lanes(m, add)
        columns = TernaryTable(m, f"{self.name}_wb", folding.columns(), add.at, add.moves)
        enable, begins = self._control(m, "u", add.moves & add.present[-1], add.final[-1])
        result: list[Value] = []
        for row, (low, high) in enumerate(folding.u):
            bits, signed = width(low, high)
            name = f"{self.name}_u{row}"
            first = start(folding.rows[row], bits)
            total = Signal(Shape(bits, signed), name=f"{name}_total")
            kept = Signal(bits, name=name, init=first, reset_less=True)
            entries = [columns.entry(row, lane) for lane in range(len(lanes))]
            if self._merges:
                made = self._add_masked(m, f"{name}_sum", kept, lanes[0], entries[0], bits)
            else:
                made = kept + self._tree(m, name, lanes, entries, bits, add.moves)
            m.d.comb += total.eq(made)
            with m.If(enable):
                m.d.sync += kept.eq(Mux(begins, first, total))
            result.append(total)
        return result

    def _control(self, m: Module, name: str, moves: Value, final: Value) -> tuple[Signal, Signal]:
        """When accumulators take a value, and when it is where a sum begins: in a reset, too.

        So they have one reset, whose flip-flops take no LUT, and not two.
        """
        enable = Signal(name=f"{self.name}_{name}_enable")
        begins = Signal(name=f"{self.name}_{name}_begins")
        reset = ResetSignal(allow_reset_less=True)
        m.d.comb += [enable.eq(moves | reset), begins.eq(final | reset)]
        return enable, begins

    def _lanes(self, m: Module, add: "_Half") -> list[Value]:
        """The inputs of the present group, in registers."""
        fields = [self.i.payload[name] for name, _ in self.i.payload.shape()]
        lanes: list[Value] = []
        for lane, ends in enumerate(self.folding.taken):
            kept = Signal(shape(*ends), name=f"{self.name}_x{lane}", reset_less=True)
            offered: Value = fields[lane]
            if self.folding.held:
                entries = self.folding.groups[:, lane].tolist()
                offered = Array(
                    resized(fields[entry], len(kept)) if entry >= 0 else Const(0, len(kept))
                    for entry in entries
                )[add.at]
            with m.If(add.moves):
                m.d.sync += kept.eq(offered)
            lanes.append(kept)
        return lanes

    def _add_masked(
        self, m: Module, name: str, a: Value, x: Value, entry: Entry, bits: int
    ) -> Value:
        return add_masked(m, name, a, x, entry, bits, self._family)

    def _tree(
        self,
        m: Module,
        name: str,
        lanes: Sequence[Value],
        entries: Sequence[Entry],
        bits: int,
        moves: Value,
    ) -> Value:
        """The sum of masked inputs, registers behind every few levels of adders and at the end."""
        terms = [masked(x, entry) for x, entry in zip(lanes[::2], entries[::2], strict=True)]
        for number, (x, entry) in enumerate(zip(lanes[1::2], entries[1::2], strict=True)):
            a = terms[number]
            wide = max(len(a), len(x) + (not x.shape().signed)) + 1
            pair = self._add_masked(m, f"{name}_pair{number}", a, x, entry, wide)
            terms[number] = pair.as_signed()
        levels = 1
        for stage in range(self.sum_clocks - 1):
            while levels < (stage + 1) * self._levels:
                pairs = [terms[at : at + 2] for at in range(0, len(terms), 2)]
                terms = [pair[0] + pair[1] if len(pair) > 1 else pair[0] for pair in pairs]
                levels += 1
            parts: list[Value] = []
            for number, term in enumerate(terms):
                kind = Shape(min(len(term), bits), signed=True)
                part = Signal(kind, name=f"{name}_part{stage}_{number}", reset_less=True)
                with m.If(moves):
                    m.d.sync += part.eq(term)
                parts.append(part)
            terms = parts
        (total,) = terms
        return total

    def _chain(self, m: Module, sums: Sequence[Value], loaded: Value, step: "_Half") -> list[Value]:
        """What the multipliers take: registers that all sums move through."""
        count, ends = self.folding.multipliers, self.folding.u
        links: list[Signal] = []
        for row in range(len(sums)):
            behind = ends[row::count]
            kind = shape(min(low for low, _ in behind), max(high for _, high in behind))
            links.append(Signal(kind, name=f"{self.name}_link{row}", reset_less=True))
        following = [*links[count:], *[Const(0)] * count]
        for link, total, after in zip(links, sums, following, strict=True):
            with m.If(loaded):
                m.d.sync += link.eq(total)
            with m.Elif(step.moves):
                m.d.sync += link.eq(after)
        heads: list[Value] = []
        for number, link in enumerate(links[:count]):
            head = Signal(link.shape(), name=f"{self.name}_head{number}", reset_less=True)
            with m.If(step.moves):
                m.d.sync += head.eq(link)
            heads.append(head)
        return heads

    def _products(self, m: Module, heads: Sequence[Value], step: "_Half") -> list[Value]:
        """The product of each multiplier."""
        folding, made = self.folding, []
        for number, factors in enumerate(folding.per_step(folding.factors)):
            factor = table(m, f"{self.name}_a{number}", factors, step.at, step.moves)
            constant = factors[0] if len(set(factors)) == 1 else None
            in_block = number < folding.dsp
            unit = Multiplier(
                heads[number].shape(),
                factor.shape() if constant is None else constant,
                registers=self._registers,
                dsp=self._family.dsp if self._family is not None and in_block else None,
                logic=not in_block,
            )
            m.submodules[f"{self.name}_multiplier{number}"] = unit
            m.d.comb += [unit.enable.eq(step.moves), unit.x.eq(heads[number])]
            if constant is None:
                m.d.comb += unit.y.eq(factor)
            z = Signal(shape(*folding.z), name=f"{self.name}_z{number}")
            m.d.comb += z.eq(unit.p)
            made.append(z)
        return made

    def _finish(self, m: Module, products: Sequence[Value], step: "_Half") -> None:
        """Outputs in registers: products with their bias, or the sums of Wc."""
        at = step.at
        for clock in range(self._registers):
            before, at = at, Signal.like(at, name=f"{self.name}_at{clock}")
            with m.If(step.moves):
                m.d.sync += at.eq(before)
        outputs = [self.o.payload[name] for name, _ in self.o.payload.shape()]
        kept = [
            Signal.like(output, name=f"{self.name}_y{number}", reset_less=True)
            for number, output in enumerate(outputs)
        ]
        m.d.comb += [output.eq(each) for output, each in zip(outputs, kept, strict=True)]
        if self.folding.wc is None:
            self._add_bias(m, products, kept, at, step)
        else:
            self._add_products(m, products, kept, at, step)

    def _add_bias(
        self, m: Module, products: Sequence[Value], y: Sequence[Signal], at: Value, step: "_Half"
    ) -> None:
        for number, values in enumerate(self.folding.per_step(self.folding.bias)):
            bias = table(m, f"{self.name}_bias{number}", values, at, step.moves)
            with m.If(step.moves):
                m.d.sync += y[number].eq(products[number] + bias)

    def _add_products(
        self, m: Module, products: Sequence[Value], y: Sequence[Signal], at: Value, step: "_Half"
    ) -> None:
        folding = self.folding
        spread = folding.spread()
        entries = TernaryTable(m, f"{self.name}_wc", spread, at, step.moves)
        final = step.moves & step.present[-2] & step.final[-2]
        enable, begins = self._control(m, "v", step.moves & step.present[-2], step.final[-2])
        for number, register in enumerate(y):
            first = start(spread[:, number], len(register), int(folding.bias[number]))
            bits = len(register)
            total = Signal(bits, name=f"{self.name}_v{number}_total")
            kept = Signal(bits, name=f"{self.name}_v{number}", init=first, reset_less=True)
            made: Value = kept
            for place, z in enumerate(products):
                entry = entries.entry(number, place)
                made = self._add_masked(
                    m, f"{self.name}_v{number}_sum{place}", made, z, entry, bits
                )
            m.d.comb += total.eq(made)
            with m.If(enable):
                m.d.sync += kept.eq(Mux(begins, first, total))
            with m.If(final):
                m.d.sync += register.eq(total)


@dataclass(frozen=True, kw_only=True)
class _Half:
    """A counter, and flags that go along with what it counts.

    Parameters
    ----------
    offered : Signal
        Something is there in this clock.
    moves : Signal
        The half goes on with this clock.
    at, last : Signal
        The number of what is there, and whether it is the sample's last.
    present, final : Signal
        Of each clock before: whether something was there, and whether it was the last.
    """

    offered: Signal
    moves: Signal
    at: Signal
    last: Signal
    present: Signal
    final: Signal


def _half(m: Module, name: str, count: int, clocks: int) -> _Half:
    """One that counts to `count` and remembers so many clocks."""
    half = _Half(
        offered=Signal(name=f"{name}_offered"),
        moves=Signal(name=f"{name}_moves"),
        at=Signal(range(count), name=f"{name}_at"),
        last=Signal(name=f"{name}_last"),
        present=Signal(clocks, name=f"{name}_present"),
        final=Signal(clocks, name=f"{name}_final"),
    )
    m.d.comb += half.last.eq(half.at == count - 1)
    with m.If(half.moves):
        m.d.sync += [
            half.present.eq(Cat(half.offered, half.present)),
            half.final.eq(Cat(half.last, half.final)),
        ]
    with m.If(half.moves & half.offered):
        m.d.sync += half.at.eq(Mux(half.last, 0, half.at + 1))
    return half
