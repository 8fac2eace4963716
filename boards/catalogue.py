"""The boards, as data."""

import difflib
import importlib
from dataclasses import dataclass, replace
from typing import Any, Literal

from mulbudget.boards.pll import PLLS, Pll, Settings, fastest, nearest
from mulbudget.hw.families import Family, find_family
from mulbudget.spn import UserError


@dataclass(frozen=True)
class Capacity:
    """What a device has.

    Parameters
    ----------
    lut : int
        4-input look-up tables; 6-input ones on Xilinx.
    ff : int
        Flip-flops.
    dsp : int
        Multipliers of the family's primitive.
    bram : int
        Blocks of RAM.
    """

    lut: int
    ff: int
    dsp: int
    bram: int


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board.

    Parameters
    ----------
    name, title : str
        On the command line, and in tables.
    platform : str
        Module and class of its Amaranth platform, "module:Class".
    family : str or None
        A name in `hw.families`; None where the hardware is portable Verilog.
    clock_mhz : float
        Of the clock that runs the network: the platform's default clock, or what `pll` makes of it.
    capacity : Capacity
        Of its device.
    programmer : tuple of str
        Arguments by which openFPGALoader finds it; empty where openFPGALoader does not know it.
    suffix : str
        Of its bitstream file.
    uart : tuple
        Name and number of the platform's resource.
    flow : str
        "open" is built here, "vivado" is a project for Vivado.
    pll_pad : bool
        Whether its default clock enters at the pin of the PLL, on iCE40.
    pll : Settings or None
        Of the PLL that makes the network's clock; None in the list of boards. See `with_clock`.
    """

    name: str
    title: str
    platform: str
    family: str | None
    clock_mhz: float
    capacity: Capacity
    programmer: tuple[str, ...]
    suffix: str
    uart: tuple[str, int] = ("uart", 0)
    flow: Literal["open", "vivado"] = "open"
    pll_pad: bool = False
    pll: Settings | None = None

    @property
    def oscillator_mhz(self) -> float:
        """Of the platform's default clock."""
        return self.clock_mhz if self.pll is None else float(self.pll.source_mhz)

    def samples_per_second(self, interval: int) -> float:
        """Of a network that takes one every so many clocks."""
        return self.clock_mhz * 1e6 / interval

    def microseconds(self, clocks: int) -> float:
        """How long so many clocks are."""
        return clocks / self.clock_mhz

    @property
    def open_family(self) -> Family:
        """Its device family, where the flow is open."""
        return find_family(self.family or "")

    def platform_class(self) -> Any:
        """The class of its Amaranth platform."""
        module, _, name = self.platform.partition(":")
        return getattr(importlib.import_module(module), name)


# As nextpnr counts them.
_ECP5_25 = Capacity(lut=24_288, ff=24_288, dsp=28, bram=56)
_ECP5_45 = Capacity(lut=43_848, ff=43_848, dsp=72, bram=108)
_ECP5_85 = Capacity(lut=83_640, ff=83_640, dsp=156, bram=208)
_UP5K = Capacity(lut=5_280, ff=5_280, dsp=8, bram=30)
_HX8K = Capacity(lut=7_680, ff=7_680, dsp=0, bram=32)
_GW1N_9 = Capacity(lut=8_640, ff=6_480, dsp=20, bram=26)
_GW2A_18 = Capacity(lut=20_736, ff=15_552, dsp=48, bram=46)
# As the vendor counts them.
_XC7A35T = Capacity(lut=20_800, ff=41_600, dsp=90, bram=50)
_XC7A100T = Capacity(lut=63_400, ff=126_800, dsp=240, bram=135)


def _ulx3s(size: str, capacity: Capacity) -> Board:
    return Board(
        name=f"ulx3s-{size.lower()}",
        title=f"ULX3S {size}",
        platform=f"amaranth_boards.ulx3s:ULX3S_{size}_Platform",
        family="ecp5",
        clock_mhz=25,
        capacity=capacity,
        programmer=("-b", "ulx3s"),
        suffix=".bit",
    )


def _ecpix5(size: str, capacity: Capacity) -> Board:
    return Board(
        name=f"ecpix5-{size}",
        title=f"LambdaConcept ECPIX-5 {size}F",
        platform=f"amaranth_boards.ecpix5:ECPIX5{size}Platform",
        family="ecp5",
        clock_mhz=100,
        capacity=capacity,
        programmer=("-b", "ecpix5"),
        suffix=".bit",
    )


def _arty_a7(size: str, capacity: Capacity) -> Board:
    return Board(
        name=f"arty-a7-{size}",
        title=f"Digilent Arty A7-{size}T",
        platform=f"amaranth_boards.arty_a7:ArtyA7_{size}Platform",
        family=None,
        clock_mhz=100,
        capacity=capacity,
        programmer=("-b", f"arty_a7_{size}t"),
        suffix=".bit",
        flow="vivado",
    )


BOARDS = {
    board.name: board
    for board in (
        _ulx3s("12F", _ECP5_25),
        _ulx3s("25F", _ECP5_25),
        _ulx3s("45F", _ECP5_45),
        _ulx3s("85F", _ECP5_85),
        _ecpix5("45", _ECP5_45),
        _ecpix5("85", _ECP5_85),
        Board(
            name="versa-ecp5",
            title="Lattice Versa ECP5",
            platform="amaranth_boards.versa_ecp5:VersaECP5Platform",
            family="ecp5",
            clock_mhz=100,
            capacity=_ECP5_45,
            programmer=("-c", "ft2232"),
            suffix=".bit",
        ),
        Board(
            name="colorlight-5a-75b",
            title="Colorlight 5A-75B 7.0",
            platform="amaranth_boards.colorlight_5a75b_r7_0:Colorlight_5A75B_R70Platform",
            family="ecp5",
            clock_mhz=25,
            capacity=_ECP5_25,
            programmer=("-c", "ft232"),
            suffix=".bit",
        ),
        Board(
            name="icebreaker",
            title="1BitSquared iCEBreaker",
            platform="amaranth_boards.icebreaker:ICEBreakerPlatform",
            family="ice40-up",
            clock_mhz=12,
            capacity=_UP5K,
            programmer=("-b", "ice40_generic"),
            suffix=".bin",
            pll_pad=True,
        ),
        Board(
            name="icesugar",
            title="MuseLab iCESugar",
            platform="amaranth_boards.icesugar:ICESugarPlatform",
            family="ice40-up",
            clock_mhz=12,
            capacity=_UP5K,
            programmer=(),
            suffix=".bin",
            pll_pad=True,
        ),
        Board(
            name="ice40-hx8k",
            title="Lattice iCE40-HX8K-B-EVN",
            platform="amaranth_boards.ice40_hx8k_b_evn:ICE40HX8KBEVNPlatform",
            family="ice40-hx",
            clock_mhz=12,
            capacity=_HX8K,
            programmer=("-b", "ice40_generic"),
            suffix=".bin",
        ),
        Board(
            name="tang-nano-9k",
            title="Sipeed Tang Nano 9K",
            platform="amaranth_boards.tang_nano_9k:TangNano9kPlatform",
            family="gw1n",
            clock_mhz=27,
            capacity=_GW1N_9,
            programmer=("-b", "tangnano9k"),
            suffix=".fs",
        ),
        Board(
            name="tang-primer-20k",
            title="Sipeed Tang Primer 20K",
            platform="amaranth_boards.tang_primer_20k:TangPrimer20kPlatform",
            family="gw2a",
            clock_mhz=27,
            capacity=_GW2A_18,
            programmer=("-b", "tangprimer20k"),
            suffix=".fs",
        ),
        _arty_a7("35", _XC7A35T),
        _arty_a7("100", _XC7A100T),
    )
}


def find_board(name: str) -> Board:
    """The board of that name; `UserError` that suggests the nearest otherwise."""
    if name in BOARDS:
        return BOARDS[name]
    near = difflib.get_close_matches(name.lower().replace("_", "-"), BOARDS, n=1, cutoff=0.4)
    guess = f"did you mean {near[0]}? " if near else ""
    raise UserError(f"there is no board {name!r}: {guess}`mulbudget boards` lists them")


def with_clock(board: Board, mhz: float) -> Board:
    """The board with its network on another clock, the nearest that its PLL makes.

    Where that is the board's own clock it needs no PLL.

    Raises
    ------
    UserError
        When the board has no PLL that is set here, or there is no such clock.
    """
    pll, source = _pll(board), board.oscillator_mhz
    if mhz == source:
        return replace(board, clock_mhz=source, pll=None)
    try:
        return _clocked(board, nearest(pll, source, mhz))
    except UserError as error:
        raise UserError(f"--clock {mhz:g} on {board.name}: {error}") from error


def with_clock_up_to(board: Board, mhz: float) -> Board | None:
    """The board with its network on its fastest clock up to `mhz`; None where there is none."""
    pll, source = _pll(board), board.oscillator_mhz
    found = fastest(pll, source, mhz)
    if found is not None and not found.mhz <= source <= mhz:
        return _clocked(board, found)
    return replace(board, clock_mhz=source, pll=None) if source <= mhz else None


def check_pll(board: Board) -> None:
    """Raise `UserError` where the network can have no other clock than the board's own."""
    _pll(board)


def _pll(board: Board) -> Pll:
    if board.family is None:
        raise UserError(
            f"--clock is not possible on {board.name}: Vivado builds for its Xilinx device, whose "
            f"PLL is not set here; leave it out, and the network runs at {board.clock_mhz:g} MHz"
        )
    return PLLS[board.family]


def _clocked(board: Board, settings: Settings) -> Board:
    return replace(board, clock_mhz=float(settings.mhz), pll=settings)
