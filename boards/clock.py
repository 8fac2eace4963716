"""The clock of a board's design: a PLL between the oscillator and the network."""

from typing import Any

from amaranth.hdl import ClockDomain, ClockSignal, Const, Instance, Module, ResetSignal, Signal
from amaranth.lib import io
from amaranth.lib.cdc import ResetSynchronizer
from amaranth.lib.wiring import Component

from mulbudget.boards.pll import Settings

_STARTING_US = 15
"""Block RAM of an iCE40 reads as zero for some microseconds after configuration."""


class PllClock(Component):
    """Drives a domain "sync" from the platform's default clock.

    It is in reset until the PLL has locked, and while a board's reset button is pressed.

    Parameters
    ----------
    settings : Settings
        Of the device's PLL, for the platform's default clock.
    pad : bool
        Whether that clock enters at the pin that leads to the PLL alone, on iCE40.

    Attributes
    ----------
    domain : ClockDomain
        For the module that this one is in.
    """

    def __init__(self, settings: Settings, *, pad: bool = False) -> None:
        self._settings, self._pad = settings, pad
        # The global reset of an ECP5 reaches every flip-flop by itself.
        self.domain = ClockDomain("sync", reset_less=settings.pll.primitive == "EHXPLLL")
        super().__init__({})

    def elaborate(self, platform: Any) -> Module:
        """The primitive of the device, and the reset that suits it."""
        m = Module()
        clock, locked, button = Signal(), Signal(), Const(0)
        source = platform.request(platform.default_clk, dir="-")
        if not self._pad:
            m.submodules.oscillator = buffer = io.Buffer("i", source)
            source = buffer.i
        else:
            source = source.io
        if platform.default_rst is not None:
            m.submodules.button = buffer = io.Buffer(
                "i", platform.request(platform.default_rst, dir="-")
            )
            button = buffer.i
        match self._settings.pll.primitive:
            case "EHXPLLL":
                m.submodules.pll = _ecp5(self._settings, source, clock, locked)
                _reset_all(m, clock, locked & ~button)
            case "SB_PLL40":
                m.submodules.pll = _ice40(self._settings, source, clock, locked, pad=self._pad)
                _reset_for_long(m, float(self._settings.mhz), locked & ~button)
            case _:
                m.submodules.pll = _gowin(self._settings, source, clock, locked, platform.family)
                m.submodules.reset = ResetSynchronizer(~locked | button, domain="sync")
        m.d.comb += ClockSignal("sync").eq(clock)
        return m


def _reset_all(m: Module, clock: Signal, run: Any) -> None:
    """The global set and reset of an ECP5, which reaches every flip-flop; the clock releases it."""
    first, second = Signal(), Signal()
    m.submodules += [
        Instance("FD1S3AX", p_GSR="DISABLED", i_CK=clock, i_D=run, o_Q=first),
        Instance("FD1S3AX", p_GSR="DISABLED", i_CK=clock, i_D=first, o_Q=second),
        Instance("SGSR", i_CLK=clock, i_GSR=second),
    ]


def _reset_for_long(m: Module, mhz: float, run: Any) -> None:
    """A reset that lasts until the block RAM of an iCE40 can be read."""
    m.domains.starting = ClockDomain("starting", local=True)
    m.d.comb += ClockSignal("starting").eq(ClockSignal("sync"))
    m.submodules.run = ResetSynchronizer(~run, domain="starting")
    delay = int(_STARTING_US * mhz)
    timer, ready = Signal(range(delay + 1)), Signal()
    with m.If(timer == delay):
        m.d.starting += ready.eq(1)
    with m.Else():
        m.d.starting += timer.eq(timer + 1)
    m.d.comb += ResetSignal("sync").eq(~ready)


def _ecp5(settings: Settings, source: Any, clock: Signal, locked: Signal) -> Instance:
    """CLKOP goes round the loop and CLKOS out, so that their dividers are free of each other."""
    feedback = Signal()
    return Instance(
        "EHXPLLL",
        # Of the loop filter; the same for all frequencies in what Lattice's own tools make.
        a_ICP_CURRENT="12",
        a_LPF_RESISTOR="8",
        a_MFG_ENABLE_FILTEROPAMP="1",
        a_MFG_GMCREF_SEL="2",
        p_CLKI_DIV=settings.reference,
        p_CLKFB_DIV=1,
        p_FEEDBK_PATH="CLKOP",
        p_CLKOP_ENABLE="ENABLED",
        p_CLKOP_DIV=settings.multiplier,
        p_CLKOP_CPHASE=settings.multiplier - 1,
        p_CLKOP_FPHASE=0,
        p_CLKOS_ENABLE="ENABLED",
        p_CLKOS_DIV=settings.output,
        p_CLKOS_CPHASE=settings.output - 1,
        p_CLKOS_FPHASE=0,
        p_OUTDIVIDER_MUXA="DIVA",
        p_OUTDIVIDER_MUXB="DIVB",
        i_CLKI=source,
        i_CLKFB=feedback,
        i_RST=Const(0),
        i_STDBY=Const(0),
        i_PHASESEL0=Const(0),
        i_PHASESEL1=Const(0),
        i_PHASEDIR=Const(1),
        i_PHASESTEP=Const(1),
        i_PHASELOADREG=Const(1),
        i_PLLWAKESYNC=Const(0),
        i_ENCLKOP=Const(0),
        i_ENCLKOS=Const(0),
        o_CLKOP=feedback,
        o_CLKOS=clock,
        o_LOCK=locked,
    )


_FILTER_ENDS = (17, 26, 44, 66, 101)
"""Where the next range of the loop filter begins, by the frequency at the phase detector in MHz."""


def _ice40(
    settings: Settings, source: Any, clock: Signal, locked: Signal, *, pad: bool
) -> Instance:
    filter_range = 1 + sum(settings.detector_mhz >= end for end in _FILTER_ENDS)
    return Instance(
        "SB_PLL40_PAD" if pad else "SB_PLL40_CORE",
        p_FEEDBACK_PATH="SIMPLE",
        p_PLLOUT_SELECT="GENCLK",
        p_DIVR=Const(settings.reference - 1, 4),
        p_DIVF=Const(settings.multiplier - 1, 7),
        p_DIVQ=Const(settings.output.bit_length() - 1, 3),
        p_FILTER_RANGE=Const(filter_range, 3),
        i_RESETB=Const(1),
        i_BYPASS=Const(0),
        # Not PLLOUTGLOBAL: nextpnr may promote another signal to its network, and routes forever.
        o_PLLOUTCORE=clock,
        o_LOCK=locked,
        **{"i_PACKAGEPIN" if pad else "i_REFERENCECLK": source},
    )


def _gowin(settings: Settings, source: Any, clock: Signal, locked: Signal, device: str) -> Instance:
    divided = settings.after > 1
    return Instance(
        "rPLL",
        p_DEVICE=device,
        p_FCLKIN=f"{float(settings.source_mhz):g}",
        p_IDIV_SEL=settings.reference - 1,
        p_FBDIV_SEL=settings.multiplier - 1,
        p_ODIV_SEL=settings.output,
        p_DYN_SDIV_SEL=max(settings.after, 2),
        p_CLKOUTD_SRC="CLKOUT",
        p_CLKFB_SEL="internal",
        p_DYN_IDIV_SEL="false",
        p_DYN_FBDIV_SEL="false",
        p_DYN_ODIV_SEL="false",
        i_CLKIN=source,
        i_CLKFB=Const(0),
        i_RESET=Const(0),
        i_RESET_P=Const(0),
        i_FBDSEL=Const(0, 6),
        i_IDSEL=Const(0, 6),
        i_ODSEL=Const(0, 6),
        i_PSDA=Const(0, 4),
        i_DUTYDA=Const(0, 4),
        i_FDLY=Const(0, 4),
        o_LOCK=locked,
        **{"o_CLKOUTD" if divided else "o_CLKOUT": clock},
    )
