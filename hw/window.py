"""The windows of an image that comes pixel by pixel."""

from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import layout, resized
from mulbudget.hw.memory import memory_of
from mulbudget.hw.raster import Raster
from mulbudget.hw.streams import Ends
from mulbudget.spn import width


class Window(wiring.Component):
    """Line buffers in block RAM, and a register for each entry of the window.

    It walks over the raster a pixel a clock. Beyond the edges no pixel is taken, and `fill` enters.
    A window is given the clock after its last pixel: with a raster of R rows and C columns the
    interval is R * C clocks, and the latency from the first pixel to window j the number of pixels
    of the raster up to the last one of window j.

    Parameters
    ----------
    name : str
        Of the layer; begins the names of its signals.
    raster : Raster
    i, o : list of (low, high)
        Exact range of each channel of a pixel, and of each entry of a window, as (channels,
        *window) flattened.
    fill : list of int
        What a channel is beyond the edges.

    Members
    -------
    i : In(stream)
        Payload c0, c1, …: the channels of a pixel; pixels come row by row.
    o : Out(stream)
        Payload c0, c1, …: the entries of a window.
    """

    def __init__(self, name: str, raster: Raster, i: Ends, o: Ends, fill: list[int]) -> None:
        self.name, self.raster = name, raster
        self._fill = fill
        entries = raster.geometry.entries
        self._widths = [width(*o[channel * entries])[0] for channel in range(len(i))]
        super().__init__(
            {"i": In(stream.Signature(layout(i))), "o": Out(stream.Signature(layout(o)))}
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Counters of the raster, the column of pixels that enters, and the window."""
        m = Module()
        full, enable, advance = Signal(), Signal(), Signal()
        column, inside, complete = self._walk(m, advance)
        m.d.comb += [
            enable.eq(~full | self.o.ready),
            self.i.ready.eq(enable & inside),
            advance.eq(enable & (self.i.valid | ~inside)),
            self.o.valid.eq(full),
        ]
        with m.If(enable):
            m.d.sync += full.eq(advance & complete)
        pixel = Signal(sum(self._widths), name=f"{self.name}_pixel")
        m.d.comb += pixel.eq(Mux(inside, self._taken(), self._beyond()))
        entering = [*self._lines(m, pixel, column, advance), pixel]
        m.d.comb += self.o.payload.eq(self._shifted(m, entering, advance))
        return m

    def _taken(self) -> Value:
        """The pixel that is offered, each channel as wide as in a window."""
        fields = [self.i.payload[name] for name, _ in self.i.payload.shape()]
        return Cat(resized(field, bits) for field, bits in zip(fields, self._widths, strict=True))

    def _beyond(self) -> Value:
        """The pixel beyond the edges."""
        pairs = zip(self._fill, self._widths, strict=True)
        return Cat(Const(value & ((1 << bits) - 1), bits) for value, bits in pairs)

    def _walk(self, m: Module, advance: Signal) -> tuple[Signal, Signal, Signal]:
        """The column; whether the pixel is of the image, and whether it is a window's last."""
        geometry, counters, insides, completes = self.raster.geometry, [], [], []
        parts = zip(
            ("row", "column"),
            self.raster.shape,
            geometry.padding,
            self.raster.image,
            geometry.window,
            geometry.step,
            strict=True,
        )
        for what, size, pad, n, window, step in parts:
            at = Signal(range(size), name=f"{self.name}_{what}")
            wait = Signal(
                range(max(window, step)), init=window - 1, name=f"{self.name}_{what}_wait"
            )
            counters.append((at, wait, size, window, step))
            insides.append((at >= pad) & (at < pad + n))
            completes.append(wait == 0)
        inside, complete = Signal(name=f"{self.name}_inside"), Signal(name=f"{self.name}_complete")
        m.d.comb += [inside.eq(insides[0] & insides[1]), complete.eq(completes[0] & completes[1])]
        column = counters[1][0]
        with m.If(advance):
            self._count(m, *counters[1])
            with m.If(column == self.raster.shape[1] - 1):
                self._count(m, *counters[0])
        return column, inside, complete

    def _count(
        self, m: Module, at: Signal, wait: Signal, size: int, window: int, step: int
    ) -> None:
        """Go on along an axis; `wait` says how far the end of the next window is."""
        with m.If(at == size - 1):
            m.d.sync += [at.eq(0), wait.eq(window - 1)]
        with m.Else():
            m.d.sync += [at.eq(at + 1), wait.eq(Mux(wait == 0, step - 1, wait - 1))]

    def _lines(self, m: Module, pixel: Signal, column: Signal, advance: Signal) -> list[Value]:
        """The pixels above, the highest first: those of the column are read a clock ahead."""
        above, columns = self.raster.geometry.window[0] - 1, self.raster.shape[1]
        if not above:
            return []
        word = Signal(above * len(pixel), name=f"{self.name}_above")
        moved = Cat(word, pixel)[len(pixel) :]
        if columns == 1:
            with m.If(advance):
                m.d.sync += word.eq(moved)
        else:
            memory = memory_of(len(word), columns)
            m.submodules[f"{self.name}_lines"] = memory
            write, read = memory.write_port(), memory.read_port()
            m.d.comb += [
                write.en.eq(advance),
                write.addr.eq(column),
                write.data.eq(moved),
                read.en.eq(advance),
                read.addr.eq(Mux(column == columns - 1, 0, column + 1)),
                word.eq(read.data),
            ]
        return [word.word_select(line, len(pixel)) for line in range(above)]

    def _shifted(self, m: Module, entering: list[Value], advance: Signal) -> Value:
        """The window, into which a column of pixels moves; entries as (channels, *window)."""
        across, bits = self.raster.geometry.window[1], len(entering[-1])
        lines = []
        for number, pixel in enumerate(entering):
            line = Signal(across * bits, name=f"{self.name}_line{number}", reset_less=True)
            with m.If(advance):
                m.d.sync += line.eq(Cat(line, pixel)[bits:])
            lines.append([line.word_select(place, bits) for place in range(across)])
        starts = [sum(self._widths[:channel]) for channel in range(len(self._widths))]
        return Cat(
            pixel[start : start + size]
            for start, size in zip(starts, self._widths, strict=True)
            for line in lines
            for pixel in line
        )
