"""What `hw.estimate` says of designs, beside what nextpnr packs."""

import itertools
import json
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, fields
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import typer
from scipy.optimize import nnls

from bench import speed
from bench.random_networks import dense, images
from bench.report import Row, report
from mulbudget.boards.build import build, pack, prepare
from mulbudget.boards.catalogue import find_board
from mulbudget.boards.planning import levels_of
from mulbudget.hw import estimate
from mulbudget.hw.estimate import Fit, link_of, pieces
from mulbudget.hw.lower import small_graph
from mulbudget.hw.parts import Parts, graph_adders
from mulbudget.hw.styles import styles_of
from mulbudget.spn import Network, UserError, load
from mulbudget.spn.files import write_whole

app = typer.Typer(no_args_is_help=True)

MEASURED = Path(__file__).parent / "utilisation.json"
FITTED = Path(estimate.__file__).parent / "utilisation.json"

NETWORKS = {
    "64-24-10": dense((64, 24, 10), density=0.4),
    "64-24-10 learned": dense((64, 24, 10), density=0.4, learned=True, seed=1),
    "200-32-10": dense((200, 32, 10), density=0.2, seed=2),
    "images 1-4-8": images((1, 4, 8), 12, density=0.4, seed=4),
    "images 1-3-6 learned": images((1, 3, 6), 8, density=0.4, learned=True, seed=5),
}

NAMES = list(NETWORKS)

_ALL = NETWORKS | speed.NETWORKS

STYLES = ["parallel", "serial:1", "serial:2", "serial:4", "folded", "folded:4:2"]

BOARDS = ["ulx3s-85f", "icebreaker", "tang-primer-20k"]

RESOURCES = ("lut", "ff", "dsp", "bram")


def count(network: Network, board_name: str, style: list[str]) -> tuple[Parts, int, int]:
    """Parts, multipliers and blocks of RAM of a network with its link."""
    board, styles = find_board(board_name), styles_of(network, style)
    found = pieces(network, board.open_family, styles, board.capacity.dsp)
    parts, blocks = link_of(network, board.open_family, styles)
    for piece in found:
        parts += piece.parts
    return parts, sum(each.dsp for each in found), blocks + sum(each.bram for each in found)


def packed(network: Network, board_name: str, style: list[str]) -> dict[str, Any]:
    """What a bitstream uses, known when nextpnr has packed its cells."""
    figures = pack(prepare(network, find_board(board_name), style=style))
    return {name: figures[name].used for name in RESOURCES}


def clocked(network: Network, board_name: str, style: list[str], levels: int) -> dict[str, Any]:
    """The clock of a built bitstream."""
    design = prepare(network, find_board(board_name), style=style, levels_per_stage=levels)
    with tempfile.TemporaryDirectory(prefix="mulbudget-bench-") as folder:
        made = build(design, folder, fast=True)
    return {"fmax": made.fmax_mhz, "levels": levels}


@app.command()
def measure(
    board: Annotated[list[str], typer.Option(help="Boards.")] = BOARDS,
    network: Annotated[list[str], typer.Option(help="Networks.")] = NAMES,
) -> None:
    """Pack every design and keep its figures in bench/utilisation.json; about an hour."""
    for each in board:
        for name in network:
            for style in STYLES:
                if any(_key(row) == (name, each, style) for row in _measured_rows()):
                    continue
                try:
                    figures = packed(NETWORKS[name], each, [style])
                except UserError as error:
                    print(f"{name} on {each}, {style}: {error}", flush=True)
                    continue
                row = {"network": name, "board": each, "style": style, **figures}
                print(row, count(NETWORKS[name], each, [style])[1:], flush=True)
                rows = sorted([*_measured_rows(), row], key=_key)
                write_whole(MEASURED, json.dumps(rows, indent=1) + "\n")


@app.command()
def measure_fmax(
    board: Annotated[list[str], typer.Option(help="Boards.")] = speed.BOARDS,
) -> None:
    """Build designs, some with few adders between registers; keeps clocks in bench/fmax.json."""
    few = [(*each, level) for each in speed.DESIGNS for level in speed.LEVELS]
    usual = [(*each, None) for each in itertools.product(NETWORKS, STYLES)]
    for each in board:
        for name, style, asked in [*few, *(usual if each in BOARDS else [])]:
            level = levels_of(find_board(each), asked)
            if any((*_key(row), row["levels"]) == (name, each, style, level) for row in _fmaxes()):
                continue
            try:
                figures = clocked(_ALL[name], each, [style], level)
            except UserError as error:
                print(f"{name} on {each}, {style}: {error}", flush=True)
                continue
            row = {"network": name, "board": each, "style": style, **figures}
            print(row, flush=True)
            rows = sorted([*_fmaxes(), row], key=lambda row: (*_key(row), row["levels"]))
            write_whole(speed.MEASURED, json.dumps(rows, indent=1) + "\n")


def _fmaxes() -> list[dict[str, Any]]:
    return json.loads(speed.MEASURED.read_text()) if speed.MEASURED.exists() else []


def _measured_rows() -> list[dict[str, Any]]:
    return json.loads(MEASURED.read_text()) if MEASURED.exists() else []


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["network"], row["board"], row["style"]


@app.command()
def fit() -> None:
    """Fit LUTs, flip-flops and Fmax to what was measured; writes hw/utilisation.json, fmax.json."""
    rows = _measured_rows()
    result: dict[str, Fit] = {}
    for cells in sorted({_cells(row["board"]) for row in rows}):
        mine = [row for row in rows if _cells(row["board"]) == cells]
        counted = [count(NETWORKS[row["network"]], row["board"], [row["style"]]) for row in mine]
        table = np.array([astuple(parts) for parts, _, _ in counted])
        sides = {side: _fitted(side, table, [row[side] for row in mine]) for side in ("lut", "ff")}
        result[cells] = Fit(**sides)
    write_whole(FITTED, msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    estimate.fits.cache_clear()
    report("estimates", (_compared(NETWORKS[row["network"]], row) for row in rows), by="board")
    report("fmax", speed.fit(_ALL, _fmaxes()), by="board")


_EXPECTED = {
    "lut": Parts(
        adders=1.1,
        digits=2.0,
        chains=1.5,
        sums=1.1,
        masks=1.0,
        moves=1.0,
        choices=0.7,
        gates=0.3,
        clamps=1.0,
        registers=0.3,
        tables=0.07,
        memories=1.0,
        layers=20.0,
    ),
    "ff": Parts(
        adders=0.2,
        digits=1.5,
        chains=0.4,
        sums=1.0,
        masks=0.3,
        moves=1.0,
        choices=0.1,
        gates=1.0,
        clamps=0.2,
        registers=1.0,
        tables=0.01,
        memories=1.0,
        layers=10.0,
    ),
}
"""What cells make of a bit, before anything is measured."""

_TRUST = 0.1
"""How much an error of a coefficient counts beside one of a design, both relative."""

_ROUNDS, _PACE, _LEAST = 3, 0.2, 0.1
"""Designs that are far off count more in the next round, so that none is left very far off."""


def _fitted(side: str, table: np.ndarray, used: list[int]) -> dict[str, float]:
    """Small relative errors, and coefficients near what is expected where designs say little."""
    expected = np.array(astuple(_EXPECTED[side]))
    rows = np.concatenate(
        [table * expected / np.array(used)[:, None], _TRUST * np.eye(len(expected))]
    )
    wanted = np.concatenate([np.ones(len(used)), np.full(len(expected), _TRUST)])
    weights = np.ones(len(rows))
    found, _ = nnls(rows, wanted)
    for _ in range(_ROUNDS):
        errors = np.abs(rows[: len(used)] @ found - 1)
        mine = weights[: len(used)] * (errors / errors.mean() + _LEAST) ** _PACE
        weights[: len(used)] = mine / mine.mean()
        found, _ = nnls(rows * weights[:, None], wanted * weights)
    names = [field.name for field in fields(Parts)]
    values = (found * expected).tolist()
    return {name: round(value, 4) for name, value in zip(names, values, strict=True)}


def _cells(board: str) -> str:
    return find_board(board).open_family.cells


def _compared(network: Network, row: dict[str, Any]) -> Row:
    parts, dsp, bram = count(network, row["board"], [row["style"]])
    need = estimate.need_of(parts, find_board(row["board"]).open_family)
    result: Row = {key: row[key] for key in ("network", "board", "style")}
    for name, said in (("lut", need.lut), ("ff", need.ff)):
        result |= {f"{name} said": round(said), name: row[name]}
        result[f"error of {name}"] = said / row[name] - 1
    result |= {"dsp said": dsp, "dsp": row["dsp"], "bram said": bram, "bram": row["bram"]}
    result["error of dsp and bram"] = abs(dsp - row["dsp"]) + abs(bram - row["bram"])
    return result


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help=".spn files.")],
    board: Annotated[list[str], typer.Option(help="Boards.")],
    style: Annotated[list[str], typer.Option(help="Styles, one after the other.")],
) -> None:
    """Compare the estimates of networks with their bitstreams."""

    def rows() -> Iterator[Row]:
        for file in files:
            network = load(file)
            for name in board:
                for each in style:
                    row = {"network": file.parent.name, "board": name, "style": each}
                    try:
                        yield _compared(network, row | packed(network, name, [each]))
                    except UserError as error:
                        print(f"{file} on {name}, {each}: {error}")

    report("estimates-check", rows(), by="board")


@app.command()
def adders() -> None:
    """Compare the expected adders of random matrices with those of their graphs."""
    rng = np.random.default_rng(1)

    def rows() -> Iterator[Row]:
        for m, n in ((8, 25), (16, 72), (32, 144), (64, 64), (64, 288), (128, 128)):
            for density in (0.1, 0.33, 0.55, 0.75):
                signs = rng.choice(np.array([-1, 1], np.int8), (m, n))
                matrix = signs * (rng.random((m, n)) < density).astype(np.int8)
                made, said = small_graph(matrix).adders, graph_adders(matrix)
                yield {
                    "matrix": f"{m} x {n}, {density:.0%}",
                    "adders": made,
                    "said": round(said),
                    "error of adders": said / max(made, 1) - 1,
                }

    report("estimates-adders", rows())
