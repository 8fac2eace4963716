"""The families' multipliers as instances: as many registers as `families` says.

Each function takes two signed operands as bits, the product signal and a clock enable. The
registers are the block's own, so no flip-flop of the fabric is spent on them.
"""

from collections.abc import Callable

from amaranth import ClockSignal, Const, Instance, Signal, Value


def mult18x18d(a: Value, b: Value, p: Signal, enable: Signal) -> Instance:
    """Lattice ECP5. SRIA and SRIB stay open: nextpnr refuses them connected."""
    low, high = Const(0, 1), Const(1, 1)
    return Instance(
        "MULT18X18D",
        p_REG_INPUTA_CLK="CLK0",
        p_REG_INPUTA_CE="CE0",
        p_REG_INPUTA_RST="RST0",
        # Of a constant B too: nextpnr knows the block's timing only with both registered.
        p_REG_INPUTB_CLK="CLK0",
        p_REG_INPUTB_CE="CE0",
        p_REG_INPUTB_RST="RST0",
        p_REG_INPUTC_CLK="NONE",
        p_REG_PIPELINE_CLK="NONE",
        p_REG_OUTPUT_CLK="CLK0",
        p_REG_OUTPUT_CE="CE0",
        p_REG_OUTPUT_RST="RST0",
        i_CLK0=ClockSignal(),
        i_CE0=enable,
        i_RST0=low,
        i_SIGNEDA=high,
        i_SIGNEDB=high,
        i_SOURCEA=low,
        i_SOURCEB=low,
        **{f"i_A{bit}": a[bit] for bit in range(18)},
        **{f"i_B{bit}": b[bit] for bit in range(18)},
        **{f"o_P{bit}": p[bit] for bit in range(36)},
    )


def sb_mac16(a: Value, b: Value, p: Signal, enable: Signal) -> Instance:
    """Lattice iCE40 UltraPlus: the 16 x 16 multiplier and its register, the accumulator unused."""
    return Instance(
        "SB_MAC16",
        p_PIPELINE_16x16_MULT_REG2=Const(1, 1),
        p_TOPOUTPUT_SELECT=Const(3, 2),
        p_BOTOUTPUT_SELECT=Const(3, 2),
        p_A_SIGNED=Const(1, 1),
        p_B_SIGNED=Const(1, 1),
        i_CLK=ClockSignal(),
        i_CE=enable,
        i_A=a,
        i_B=b,
        o_O=p,
    )


def mult18x18(a: Value, b: Value, p: Signal, enable: Signal) -> Instance:
    """Gowin GW1N and GW2A."""
    low, high = Const(0, 1), Const(1, 1)
    return Instance(
        "MULT18X18",
        p_AREG=Const(1, 1),
        p_BREG=Const(1, 1),
        p_OUT_REG=Const(1, 1),
        i_CLK=ClockSignal(),
        i_CE=enable,
        i_RESET=low,
        i_A=a,
        i_B=b,
        i_SIA=Const(0, 18),
        i_SIB=Const(0, 18),
        i_ASIGN=high,
        i_BSIGN=high,
        i_ASEL=low,
        i_BSEL=low,
        o_DOUT=p,
    )


PRIMITIVES: dict[str, Callable[[Value, Value, Signal, Signal], Instance]] = {
    "MULT18X18D": mult18x18d,
    "SB_MAC16": sb_mac16,
    "MULT18X18": mult18x18,
}
