"""Settings of the phase-locked loops: which dividers make a clock out of a board's oscillator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mulbudget.spn import UserError

MAX_ERROR = 0.02
"""Of the frequency that is asked for."""

Band = tuple[float, float]
"""The lowest and the highest frequency in MHz, both possible."""


@dataclass(frozen=True, kw_only=True)
class Pll:
    """What the PLL of a device can do.

    The oscillator, divided by `reference`, meets in the phase detector the voltage-controlled
    oscillator (VCO) divided by `multiplier`, so the VCO runs at oscillator / reference *
    multiplier. The clock is the VCO divided by `output`, and then by `after`.

    Parameters
    ----------
    title : str
        In messages.
    primitive : str
        Of the device.
    source, detector, vco, made : Band
        Of the oscillator, at the phase detector, of the VCO and of the output.
    references, multipliers, outputs, afters : sequence of int
        The dividers there are.
    behind : bool
        Whether the loop closes behind the output divider, so that the VCO is divided by `output`
        too on its way to the phase detector.
    """

    title: str
    primitive: str
    source: Band
    detector: Band
    vco: Band
    made: Band
    references: Sequence[int]
    multipliers: Sequence[int]
    outputs: Sequence[int]
    afters: Sequence[int] = (1,)
    behind: bool = False


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A way to set a PLL.

    Parameters
    ----------
    pll : Pll
    source_mhz : Fraction
        Of the oscillator.
    reference, multiplier, output, after : int
        Dividers of `pll`.
    """

    pll: Pll
    source_mhz: Fraction
    reference: int
    multiplier: int
    output: int
    after: int = 1

    @property
    def detector_mhz(self) -> Fraction:
        """At the phase detector."""
        return self.source_mhz / self.reference

    @property
    def vco_mhz(self) -> Fraction:
        """Of the voltage-controlled oscillator."""
        loop = self.multiplier * (self.output if self.pll.behind else 1)
        return self.detector_mhz * loop

    @property
    def mhz(self) -> Fraction:
        """Of the clock that it makes."""
        return self.vco_mhz / (self.output * self.after)


_ICE40 = {
    "primitive": "SB_PLL40",
    "source": (10, 133),
    "detector": (10, 133),
    "vco": (533, 1066),
    "made": (16, 275),
    "references": range(1, 17),
    "multipliers": range(1, 129),
    "outputs": (2, 4, 8, 16, 32, 64),
}
_GOWIN = {
    "primitive": "rPLL",
    "references": range(1, 65),
    "multipliers": range(1, 65),
    "outputs": (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128),
    "afters": (1, *range(2, 129, 2)),
    "behind": True,
}

PLLS = {
    # FPGA-DS-02012, "sysCLOCK PLL Timing", all speed grades. CLKOP closes the loop, at the
    # frequency of the phase detector, and CLKOS is the output.
    "ecp5": Pll(
        title="ECP5",
        primitive="EHXPLLL",
        source=(8, 400),
        detector=(10, 400),
        vco=(400, 800),
        made=(3.125, 400),
        references=range(1, 129),
        multipliers=range(1, 129),
        outputs=range(1, 129),
    ),
    # FPGA-DS-02008 and FPGA-DS-02029, "sysCLOCK PLL Timing": the same for both.
    "ice40-up": Pll(title="iCE40 UltraPlus", **_ICE40),
    "ice40-hx": Pll(title="iCE40 HX", **_ICE40),
    # DS117 "PLL Parameters", GW1NR-9, speed C6/I5.
    "gw1n": Pll(
        title="GW1N-9",
        source=(3, 400),
        detector=(3, 400),
        vco=(400, 1200),
        made=(3.125, 600),
        **_GOWIN,
    ),
    # DS102 "PLL Parameters", GW2A-18, speed C8/I7.
    "gw2a": Pll(
        title="GW2A-18",
        source=(3, 500),
        detector=(3, 500),
        vco=(500, 1250),
        made=(3.90625, 625),
        **_GOWIN,
    ),
}
"""By device family; limits of the data sheets."""


def nearest(pll: Pll, source_mhz: float, mhz: float) -> Settings:
    """The settings whose clock is nearest to the one that is asked for.

    Parameters
    ----------
    pll : Pll
    source_mhz : float
        Of the board's oscillator.
    mhz : float
        Asked for.

    Raises
    ------
    UserError
        When the frequency is out of the PLL's range, or none is within `MAX_ERROR` of it.
    """
    low, high = pll.made
    if not low <= mhz <= high:
        raise UserError(
            f"a clock of {mhz:g} MHz is not possible: the PLL of {pll.title} makes {low:g} to "
            f"{high:g} MHz"
        )
    found = list(settings(pll, source_mhz, mhz))
    best = min(found, key=lambda each: _rank(each, mhz), default=None)
    if best is not None and abs(float(best.mhz) / mhz - 1) <= MAX_ERROR:
        return best
    below = max((each.mhz for each in found if each.mhz < mhz), default=None)
    above = min((each.mhz for each in found if each.mhz > mhz), default=None)
    near = " and ".join(f"{float(each):g} MHz" for each in (below, above) if each is not None)
    raise UserError(
        f"a clock of {mhz:g} MHz is not possible: the PLL of {pll.title} makes nothing within "
        f"{MAX_ERROR:.0%} of it from {source_mhz:g} MHz"
        + (f"; the nearest are {near}" if near else "")
    )


def fastest(pll: Pll, source_mhz: float, mhz: float) -> Settings | None:
    """The settings with the fastest clock that is no faster than asked; None where all are."""
    found = [each for each in settings(pll, source_mhz, mhz) if each.mhz <= mhz]
    return min(found, key=lambda each: _rank(each, mhz), default=None)


def settings(pll: Pll, source_mhz: float, mhz: float) -> Iterator[Settings]:
    """The settings within all limits; of dividers behind the loop, those next to what is asked."""
    source = Fraction(source_mhz).limit_denominator(1_000_000)
    if not _within(source, pll.source):
        return
    for reference in pll.references:
        if not _within(source / reference, pll.detector):
            continue
        # Ratios of integers, which are exact and fast.
        under = source.denominator * reference
        for multiplier in pll.multipliers:
            fed = source.numerator * multiplier
            for output in pll.outputs if pll.behind else _beside(pll.outputs, fed / under / mhz):
                vco, made = (fed * output, under) if pll.behind else (fed, under * output)
                if not _holds(pll.vco, vco, under) or not _holds(pll.made, fed, made):
                    continue
                for after in _beside(pll.afters, fed / made / mhz):
                    if _holds(pll.made, fed, made * after):
                        yield Settings(
                            pll=pll,
                            source_mhz=source,
                            reference=reference,
                            multiplier=multiplier,
                            output=output,
                            after=after,
                        )


def _beside(dividers: Sequence[int], wanted: float) -> Sequence[int]:
    """The greatest divider up to `wanted`, and the least one above."""
    above = next((index for index, each in enumerate(dividers) if each > wanted), len(dividers))
    return dividers[max(above - 1, 0) : above + 1]


def _within(mhz: Fraction, band: Band) -> bool:
    return _holds(band, mhz.numerator, mhz.denominator)


def _holds(band: Band, above: int, under: int) -> bool:
    """Whether the ratio of two integers is in a band."""
    return band[0] * under <= above <= band[1] * under


def _rank(each: Settings, mhz: float) -> tuple[Fraction, Fraction, int, Fraction]:
    """By error; then the fastest phase detector, which corrects most often and jitters least.

    Then by how far the VCO is from its limits.
    """
    low, high = each.pll.vco
    off = abs(each.vco_mhz - Fraction(low + high) / 2)
    return abs(each.mhz - Fraction(mhz)), -each.detector_mhz, each.after, off
