"""What runs on a board: the UART link, and a network behind it."""

from contextlib import suppress
from typing import Any

from amaranth.build import ResourceError
from amaranth.hdl import Module, Signal
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In, Out, connect

from mulbudget.boards.catalogue import Board
from mulbudget.boards.clock import PllClock
from mulbudget.boards.frame import GAP_BYTES
from mulbudget.boards.link import Link
from mulbudget.hw.accelerator import Accelerator
from mulbudget.hw.plan import Plan
from mulbudget.spn import Network


class Core(wiring.Component):
    """A network at the pins of a UART.

    Parameters
    ----------
    network : Network
    plan : Plan
        Made for this network.
    divider : int
        Clocks of a bit.
    gap_bytes : int
        A pause of so many byte times ends a frame.

    Members
    -------
    rx : In(1), tx : Out(1)
        High at rest.
    """

    def __init__(
        self, network: Network, plan: Plan, *, divider: int, gap_bytes: int = GAP_BYTES
    ) -> None:
        self.accelerator = Accelerator(network, plan)
        self._link = Link(
            network,
            self.accelerator.inputs,
            self.accelerator.output,
            latency=self.accelerator.latency,
            divider=divider,
            gap_bytes=gap_bytes,
        )
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Link and accelerator, stream to stream."""
        m = Module()
        m.submodules.link = link = self._link
        m.submodules.accelerator = accelerator = self.accelerator
        for port in accelerator.inputs:
            connect(m, getattr(link, port.name), getattr(accelerator, port.name))
        connect(m, accelerator.o, link.o)
        m.d.comb += [link.rx.eq(self.rx), self.tx.eq(link.tx)]
        return m


class Top(wiring.Component):
    """A `Core` at the pins of a board, and an LED that blinks about once a second.

    The platform makes the clock and the power-on reset, or the board's PLL does.

    Parameters
    ----------
    core : Core
    board : Board
    """

    def __init__(self, core: Core, board: Board) -> None:
        self._core, self._board = core, board
        super().__init__({})

    def elaborate(self, platform: Any) -> Module:
        """The core, connected to the platform's pins."""
        m = Module()
        board = self._board
        if board.pll is not None:
            m.submodules.clock = clock = PllClock(board.pll, pad=board.pll_pad)
            m.domains += clock.domain
        m.submodules.core = self._core
        uart = platform.request(*board.uart, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [self._core.rx.eq(rx.i), tx.o.eq(self._core.tx)]
        pin = _led(platform)
        if pin is not None:
            m.submodules.led = led = io.Buffer("o", pin)
            heartbeat = Signal((int(board.clock_mhz * 1e6) // 2).bit_length())
            m.d.sync += heartbeat.eq(heartbeat + 1)
            m.d.comb += led.o.eq(heartbeat[-1])
        return m


def _led(platform: Any) -> Any:
    """The first LED; None where the board has none, or its pin is taken."""
    with suppress(ResourceError):
        return platform.request("led", 0, dir="-")
    with suppress(ResourceError):
        return platform.request("rgb_led", 0, dir="-").g
    return None
