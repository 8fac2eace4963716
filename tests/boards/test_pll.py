"""Settings of a PLL are within the limits of its device, and no others come nearer."""

from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.boards.pll import MAX_ERROR, PLLS, Settings, fastest, nearest
from mulbudget.spn import UserError

CASES = [
    ("ecp5", 25),
    ("ecp5", 100),
    ("ice40-up", 12),
    ("ice40-hx", 12),
    ("gw1n", 27),
    ("gw2a", 27),
]
"""Families with the oscillators of their boards, in MHz."""

each_case = pytest.mark.parametrize(("family", "source"), CASES)
few = settings(max_examples=20)


@cache
def _all_clocks(family: str, source: int) -> list[Fraction]:
    """Every clock that a PLL can make, by trying all dividers there are."""
    pll, found = PLLS[family], set[tuple[int, int]]()
    for reference, multiplier, output in product(pll.references, pll.multipliers, pll.outputs):
        turns = multiplier * output if pll.behind else multiplier
        bands = (
            (source, pll.detector, reference),
            (source * turns, pll.vco, reference),
            (source * turns, pll.made, reference * output),
        )
        if all(low * under <= above <= high * under for above, (low, high), under in bands):
            found.add((source * turns, reference * output))
    ratios = {Fraction(*each) / after for each in found for after in pll.afters}
    return sorted(each for each in ratios if each >= pll.made[0])


@each_case
@few
@given(mhz=st.floats(16, 130))
def test_all_limits_hold(family: str, source: int, mhz: float) -> None:
    made = nearest(PLLS[family], source, mhz)
    pll = made.pll
    assert made.source_mhz == source
    assert made.reference in pll.references
    assert made.multiplier in pll.multipliers
    assert made.output in pll.outputs
    assert made.after in pll.afters
    for each, (low, high) in (
        (made.source_mhz, pll.source),
        (made.detector_mhz, pll.detector),
        (made.vco_mhz, pll.vco),
        (made.vco_mhz / made.output, pll.made),
        (made.mhz, pll.made),
    ):
        assert low <= each <= high
    assert abs(float(made.mhz) / mhz - 1) <= MAX_ERROR


@each_case
@few
@given(mhz=st.floats(16, 130))
def test_no_dividers_come_nearer(family: str, source: int, mhz: float) -> None:
    errors = [abs(each - Fraction(mhz)) for each in _all_clocks(family, source)]
    assert abs(nearest(PLLS[family], source, mhz).mhz - Fraction(mhz)) == min(errors)


@each_case
@few
@given(mhz=st.floats(1, 200))
def test_the_fastest_up_to_a_clock(family: str, source: int, mhz: float) -> None:
    below = [each for each in _all_clocks(family, source) if each <= mhz]
    made = fastest(PLLS[family], source, mhz)
    assert (made and made.mhz) == max(below, default=None)


def _set(family: str, source: float, **dividers: int) -> Settings:
    return Settings(
        pll=PLLS[family], source_mhz=Fraction(source).limit_denominator(1000), **dividers
    )


@pytest.mark.parametrize(
    ("settings", "vco", "mhz"),
    [
        # FPGA-TN-02200: CLKI / CLKI_DIV * CLKOP_DIV is the VCO, and that by CLKOS_DIV the output.
        (_set("ecp5", 25, reference=1, multiplier=24, output=10), 600, 60),
        # FPGA-TN-02052: REFERENCECLK * (DIVF + 1) / ((DIVR + 1) * 2^DIVQ).
        (_set("ice40-up", 12, reference=1, multiplier=66, output=32), 792, 24.75),
        # UG286: CLKIN * FBDIV / IDIV, and that by SDIV; times ODIV it is the VCO.
        (_set("gw1n", 27, reference=2, multiplier=37, output=2, after=10), 999, 49.95),
    ],
)
def test_frequencies_are_as_the_vendors_give_them(
    settings: Settings, vco: float, mhz: float
) -> None:
    assert (float(settings.vco_mhz), float(settings.mhz)) == (vco, mhz)


@pytest.mark.parametrize(
    ("family", "source", "mhz", "message"),
    [
        ("ice40-up", 12, 15, "the PLL of iCE40 UltraPlus makes 16 to 275 MHz"),
        ("ecp5", 25, 401, "the PLL of ECP5 makes 3.125 to 400 MHz"),
        ("ecp5", 25, float("nan"), "a clock of nan MHz is not possible"),
        ("ecp5", 25, -50, "a clock of -50 MHz is not possible"),
        ("ecp5", 4, 50, "nothing within 2% of it from 4 MHz"),
    ],
)
def test_a_clock_that_no_setting_makes_is_refused(
    family: str, source: float, mhz: float, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        nearest(PLLS[family], source, mhz)


def test_the_nearest_clocks_are_named_where_none_is_near() -> None:
    coarse = replace(PLLS["ecp5"], multipliers=(16, 32))
    with pytest.raises(UserError, match=r"within 2% of it .* nearest are 266.667 MHz and 400 MHz"):
        nearest(coarse, 25, 300)
