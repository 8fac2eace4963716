"""UART receiver and transmitter: 8 data bits, no parity, one stop bit."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from mulbudget.boards.frame import MIN_DIVIDER
from mulbudget.spn import UserError

MAX_ERROR = 0.02
"""Of the bit time: the two ends of a link may be apart by about twice as much."""

RECEIVED = data.StructLayout({"data": 8, "broken": 1})
"""A byte, and whether its stop bit was missing."""


def divider(clock_hz: float, baud: int) -> int:
    """Clocks of a bit; `UserError` where the clock has no such rate within `MAX_ERROR`."""
    if baud <= 0:
        raise UserError(f"a baud rate of {baud} is none: use 115200")
    clocks = max(round(clock_hz / baud), 1)
    error = abs(clock_hz / clocks / baud - 1)
    if clocks < MIN_DIVIDER or error > MAX_ERROR:
        slower = int(clock_hz / max(clocks + 1, MIN_DIVIDER))
        raise UserError(
            f"{baud} baud from a clock of {clock_hz / 1e6:g} MHz is {error:.1%} off "
            f"({clocks} clocks a bit; at most {MAX_ERROR:.0%} off and at least {MIN_DIVIDER} "
            f"clocks): use 115200, or {slower}"
        )
    return clocks


def _check(clocks: int) -> None:
    if not isinstance(clocks, int) or clocks < MIN_DIVIDER:
        raise ValueError(f"the divider must be an integer of at least {MIN_DIVIDER}, not {clocks}")


class Receiver(wiring.Component):
    """Bits on a pin to bytes, each bit sampled in its middle; a start bit must last until then.

    Parameters
    ----------
    divider : int
        Clocks of a bit, at least `MIN_DIVIDER`.

    Members
    -------
    rx : In(1)
        The pin, asynchronous.
    o : Out(stream of RECEIVED, always ready)
        Bytes in the middle of their stop bit.
    """

    def __init__(self, divider: int) -> None:
        _check(divider)
        self._divider = divider
        super().__init__(
            {"rx": In(1, init=1), "o": Out(stream.Signature(RECEIVED, always_ready=True))}
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A timer, and a shift register that a marker leaves when it is full."""
        m = Module()
        rx = Signal(init=1)
        m.submodules.synchronizer = FFSynchronizer(self.rx, rx, init=1)
        timer = Signal(range(self._divider))
        tick = Signal()
        m.d.comb += tick.eq(timer == 0)
        # A marker shifts out ahead of the bits; it leaves when the stop bit is due.
        shift = Signal(9)
        m.d.comb += [self.o.payload.data.eq(shift[1:]), self.o.payload.broken.eq(~rx)]
        m.d.sync += timer.eq(timer - 1)
        with m.FSM():
            with m.State("idle"):
                m.d.sync += timer.eq(self._divider // 2 - 1)
                with m.If(~rx):
                    m.next = "start"
            with m.State("start"), m.If(tick):
                m.d.sync += [timer.eq(self._divider - 1), shift.eq(1 << 8)]
                m.next = "bits"
                with m.If(rx):
                    m.next = "idle"
            with m.State("bits"), m.If(tick):
                m.d.sync += [timer.eq(self._divider - 1), shift.eq(Cat(shift[1:], rx))]
                with m.If(shift[0]):
                    m.d.comb += self.o.valid.eq(1)
                    m.next = "idle"
        return m


class Transmitter(wiring.Component):
    """Bytes to bits on a pin; the pin is high between them.

    Parameters
    ----------
    divider : int
        Clocks of a bit, at least `MIN_DIVIDER`.

    Members
    -------
    i : In(stream of 8 bits)
        A byte every 10 * `divider` clocks.
    tx : Out(1)
        The pin.
    """

    def __init__(self, divider: int) -> None:
        _check(divider)
        self._divider = divider
        super().__init__({"i": In(stream.Signature(8)), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A timer, and a shift register that is empty when only the stop bit is left."""
        m = Module()
        timer = Signal(range(self._divider))
        tick = Signal()
        m.d.comb += tick.eq(timer == 0)
        # Start bit, data, stop bit, lowest first; zeros follow, so 1 is the stop bit alone.
        shift = Signal(10, init=1)
        m.d.comb += [
            self.tx.eq(shift[0]),
            self.i.ready.eq(tick & (shift == 1)),
        ]
        with m.If(~tick):
            m.d.sync += timer.eq(timer - 1)
        with m.Elif(shift != 1):
            m.d.sync += [timer.eq(self._divider - 1), shift.eq(shift[1:])]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [timer.eq(self._divider - 1), shift.eq(Cat(0, self.i.payload, 1))]
        return m
