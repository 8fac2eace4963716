"""What `hw.speed` says of designs, beside the clocks that nextpnr finds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from scipy.optimize import least_squares

from bench.report import Row
from mulbudget.boards.catalogue import find_board
from mulbudget.hw import speed
from mulbudget.hw.estimate import pieces
from mulbudget.hw.speed import Chain, Delays, chain_of, period_ns
from mulbudget.hw.styles import styles_of
from mulbudget.spn import Network
from mulbudget.spn.files import write_whole

MEASURED = Path(__file__).parent / "fmax.json"
"""Designs with fewer adders between registers than suits the boards' own clocks."""

FITTED = Path(speed.__file__).parent / "fmax.json"

DESIGNS = [
    ("images 1-3-6 learned", "parallel"),
    ("64-24-10", "folded"),
    ("64-24-10", "serial:1"),
]
"""Networks and styles that are built with other levels per stage, as they are quickly built."""

LEVELS = [1, 2, 4, 8]

BOARDS = ["ulx3s-85f", "icebreaker", "tang-primer-20k", "ice40-hx8k", "tang-nano-9k"]

Measured = Mapping[str, Any]

_EXPECTED = {
    "ecp5": Delays(base=2.5, level=2.0, bit=0.07, hop=0.7),
    "ice40-up": Delays(base=4.5, level=5.0, bit=0.2, hop=2.0),
    "ice40-hx": Delays(base=2.0, level=2.0, bit=0.15, hop=1.0),
    "gw1n": Delays(base=1.5, level=2.0, bit=0.07, hop=0.7),
    "gw2a": Delays(base=1.0, level=1.5, bit=0.06, hop=0.5),
}
"""What the delays of the devices' cells make likely, before anything is measured."""

_TRUST = 0.05
"""How much an error of a delay counts beside one of a design, both relative."""


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
    for family in sorted({_family(row) for row in rows}):
        mine = [row for row in rows if _family(row) == family]
        chains = [chains_of(networks, row) for row in mine]
        reached = [row["fmax"] for row in mine]
        result[family] = _fitted(family, chains, reached)
        for number, row in enumerate(mine):
            others = [other for other in range(len(mine)) if other != number]
            left_out = _fitted(
                family, [chains[other] for other in others], [reached[other] for other in others]
            )
            said, unseen = (
                1000 / period_ns(chains[number], each) for each in (result[family], left_out)
            )
            compared.append(
                {
                    **{key: row[key] for key in ("network", "board", "style", "levels")},
                    "fmax said": said,
                    "fmax": row["fmax"],
                    "error of fmax": said / row["fmax"] - 1,
                    "error, left out": unseen / row["fmax"] - 1,
                }
            )
    write_whole(FITTED, msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    speed.delays.cache_clear()
    return compared


def _fitted(family: str, chains: Sequence[Sequence[Chain]], reached: Sequence[float]) -> Delays:
    """Least errors of the logarithms, and delays near what is expected where designs say little."""
    expected = np.array(msgspec.structs.astuple(_EXPECTED[family]))

    def errors(scales: np.ndarray) -> np.ndarray:
        delays = Delays(*(scales * expected).tolist())
        said = [-np.log(period_ns(each, delays) / 1000) for each in chains]
        return np.concatenate([np.array(said) - np.log(reached), _TRUST * (scales - 1)])

    found = least_squares(errors, np.ones(len(expected)), bounds=(0, np.inf))
    return Delays(*(round(float(each), 4) for each in found.x * expected))


def _family(row: Measured) -> str:
    return find_board(row["board"]).open_family.name
