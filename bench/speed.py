"""What `hw.speed` says of designs, beside the clocks that nextpnr finds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import astuple
from scipy.optimize import least_squares

from bench.random_networks import dense
from bench.report import Row
from mulbudget.boards.catalogue import find_board
from mulbudget.hw import speed
from mulbudget.hw.estimate import pieces
from mulbudget.hw.speed import Chain, Delays, chain_of, period_ns
from mulbudget.hw.styles import styles_of
from mulbudget.spn import Network
from mulbudget.spn.files import write_whole

MEASURED = Path(__file__).parent / "fmax.json"
"""Designs with as many adders between registers as suit the boards' own clocks, and fewer."""

FITTED = Path(speed.__file__).parent / "fmax.json"

NETWORKS = {"24-12-6": dense((24, 12, 6), density=0.4, seed=6)}
"""Besides those of `estimates`; small, since one is built often."""

DESIGNS = [
    ("24-12-6", "parallel"),
    ("images 1-3-6 learned", "parallel"),
    ("64-24-10", "folded"),
    ("64-24-10", "serial:1"),
]
"""Networks and styles that are built with several levels per stage."""

LEVELS = [1, 2, 4, 8]

BOARDS = ["ulx3s-85f", "icebreaker", "tang-primer-20k", "ice40-hx8k", "tang-nano-9k"]

Measured = Mapping[str, Any]

_EXPECTED = {
    "ecp5": Delays(base=2.5, level=2.0, bit=0.07, hop=0.7),
    "ice40-up": Delays(base=4.5, level=5.0, bit=0.2, hop=2.0),
    "gw2a": Delays(base=1.0, level=1.5, bit=0.06, hop=0.5),
    # As the digits network in docs/results.md needs them, where few designs are measured.
    "ice40-hx": Delays(base=1.7, level=1.9, bit=0.07, hop=0.75),
    "gw1n": Delays(base=2.0, level=2.0, bit=0.07, hop=1.5),
}
"""What the delays of the devices' cells make likely, before anything is measured."""

_TRUST, _TRUST_OF_FEW, _FEW = 0.2, 1.0, 8
"""How much an error of a delay counts beside one of a design, both relative; with few designs."""


def chains_of(networks: Mapping[str, Network], row: Measured) -> list[Chain]:
    """The chains of the layers of a measured design."""
    network, board = networks[row["network"]], find_board(row["board"])
    made = pieces(
        network, board.open_family, styles_of(network, [row["style"]]), board.capacity.dsp
    )
    return [chain_of(piece, network, row["levels"]) for piece in made]


def fit(networks: Mapping[str, Network], rows: Sequence[Measured]) -> list[Row]:
    """Fit the delays of each family, and write hw/fmax.json; gives what is said of each design.

    A design is also compared with what the others alone say of it.
    """
    result: dict[str, Delays] = {}
    compared: list[Row] = []
    for family, expected in _EXPECTED.items():
        mine = [row for row in rows if _family(row) == family]
        chains = [chains_of(networks, row) for row in mine]
        reached = [row["fmax"] for row in mine]
        result[family] = _fitted(expected, chains, reached)
        for number, row in enumerate(mine):
            unseen = _fitted(expected, _without(chains, number), _without(reached, number))
            said = [1000 / period_ns(chains[number], each) for each in (result[family], unseen)]
            compared.append(
                {
                    **{key: row[key] for key in ("network", "board", "style", "levels")},
                    "fmax said": said[0],
                    "fmax": row["fmax"],
                    "error of fmax": said[0] / row["fmax"] - 1,
                    "error where left out": said[1] / row["fmax"] - 1,
                }
            )
    write_whole(FITTED, msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    speed.delays.cache_clear()
    return compared


def _fitted(
    expected: Delays, chains: Sequence[Sequence[Chain]], reached: Sequence[float]
) -> Delays:
    """Least errors of the logarithms, and delays near what is expected where designs say little."""
    start = np.array(astuple(expected))
    trust = _TRUST if len(chains) >= _FEW else _TRUST_OF_FEW

    def errors(scales: np.ndarray) -> np.ndarray:
        delays = Delays(*(scales * start).tolist())
        said = [-np.log(period_ns(each, delays) / 1000) for each in chains]
        return np.concatenate([np.array(said) - np.log(reached), trust * (scales - 1)])

    found = least_squares(errors, np.ones(len(start)), bounds=(0, np.inf))
    return Delays(*(round(float(each), 4) for each in found.x * start))


def _without(values: Sequence[Any], number: int) -> list[Any]:
    """All but one."""
    return [*values[:number], *values[number + 1 :]]


def _family(row: Measured) -> str:
    return find_board(row["board"]).open_family.name
