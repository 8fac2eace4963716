"""Patches of outputs, put in the order of pixels."""

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.banks import Banks
from mulbudget.hw.channels import layout, resized
from mulbudget.hw.streams import Ends
from mulbudget.spn import width

Pair = tuple[int, int]


class Patches(wiring.Component):
    """A row of patches in each of two banks of RAM; its pixels leave row by row.

    Outputs beyond the last row or column are left out. With I x J outputs the interval is I * J
    clocks; a row of patches starts to leave two clocks after its last patch was taken.

    Parameters
    ----------
    name : str
        Of the layer; begins the names of its signals.
    outputs, patch : (int, int)
        Rows and columns.
    i : list of (low, high)
        Exact range of each entry of a patch, (channels, *patch) flattened.
    o : list of (low, high)
        Of each channel, over all entries.

    Members
    -------
    i : In(stream)
        Payload c0, c1, …: the entries of a patch; patches come row by row.
    o : Out(stream)
        Payload c0, c1, …: the channels of a pixel.
    """

    def __init__(self, name: str, outputs: Pair, patch: Pair, i: Ends, o: Ends) -> None:
        self.name, self.outputs, self.patch = name, outputs, patch
        self._ends = o
        super().__init__(
            {"i": In(stream.Signature(layout(i))), "o": Out(stream.Signature(layout(o)))}
        )

    @property
    def words(self) -> int:
        """Patches of a row."""
        return -(-self.outputs[1] // self.patch[1])

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Banks, the walk through them, and the choice of a pixel of a patch."""
        m = Module()
        fields = [self.i.payload[name] for name, _ in self.i.payload.shape()]
        entries = self.patch[0] * self.patch[1]
        bits = [width(*ends)[0] for ends in self._ends]
        word = Cat(resized(field, bits[number // entries]) for number, field in enumerate(fields))
        m.submodules[f"{self.name}_patches"] = banks = Banks(len(word), self.words)
        full, ready, read = Signal(), Signal(), Signal()
        inside, address, last = self._walk(m, read)
        chosen = Signal.like(inside, name=f"{self.name}_chosen")
        m.d.comb += [
            banks.i.payload.eq(word),
            banks.i.valid.eq(self.i.valid),
            self.i.ready.eq(banks.i.ready),
            ready.eq(~full | self.o.ready),
            read.eq(ready & banks.full),
            banks.enable.eq(ready),
            banks.address.eq(address),
            banks.free.eq(read & last),
            self.o.valid.eq(full),
            self.o.payload.eq(self._pixel(banks.word, chosen, bits, entries)),
        ]
        with m.If(ready):
            m.d.sync += [full.eq(read), chosen.eq(inside)]
        return m

    def _pixel(self, word: Value, chosen: Signal, bits: list[int], entries: int) -> Value:
        """The channels at place `chosen` of a patch."""
        parts, start = [], 0
        for size in bits:
            parts.append(word[start : start + size * entries].word_select(chosen, size))
            start += size * entries
        return Cat(parts)

    def _walk(self, m: Module, read: Signal) -> tuple[Signal, Signal, Signal]:
        """Place in the patch, patch of the row, and whether it is the last pixel of the bank."""
        (rows, columns), (down, across) = self.outputs, self.patch
        row, column = (
            Signal(range(size), name=f"{self.name}_out_{what}")
            for what, size in (("row", rows), ("column", columns))
        )
        line, place = (
            Signal(range(size), name=f"{self.name}_patch_{what}")
            for what, size in (("row", down), ("column", across))
        )
        address = Signal(range(self.words), name=f"{self.name}_patch")
        inside = Signal(range(down * across), name=f"{self.name}_place")
        row_ends, bank_ends = Signal(), Signal()
        m.d.comb += [
            inside.eq(line * across + place),
            row_ends.eq(column == columns - 1),
            bank_ends.eq(row_ends & ((line == down - 1) | (row == rows - 1))),
        ]
        with m.If(read):
            m.d.sync += column.eq(Mux(row_ends, 0, column + 1))
            m.d.sync += place.eq(Mux(row_ends | (place == across - 1), 0, place + 1))
            with m.If(row_ends):
                m.d.sync += [address.eq(0), row.eq(Mux(row == rows - 1, 0, row + 1))]
                m.d.sync += line.eq(Mux(bank_ends, 0, line + 1))
            with m.Elif(place == across - 1):
                m.d.sync += address.eq(address + 1)
        return inside, address, bank_ends
