"""The files between Python and `harness.cpp`, which says what they hold."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mulbudget.hw.sidecar import Sidecar, Stream
from mulbudget.sim.beats import from_beats, split, strays, to_beats
from mulbudget.sim.lanes import Lane, lanes
from mulbudget.sim.packing import pack, payload_words, unpack
from mulbudget.sim.result import Result, SimulationError
from mulbudget.spn.operators import Integers

_CHUNK = 1 << 20  # integers that are packed at once, so that copies of all samples are never made


def write_job(
    folder: Path,
    sidecars: Sequence[Sidecar],
    samples: Sequence[Integers],
    *,
    stalls: float,
    seed: int,
    limit: int,
    tail: int,
    idle: int,
) -> None:
    """Write job.txt and input.bin.

    Parameters
    ----------
    folder : Path
    sidecars, samples
        The designs, and (samples, entries) of each.
    stalls : float
        Probability that a stream pauses for a clock.
    seed : int
        Of the stalls.
    limit : int
        Clocks after which the hardware hangs.
    tail : int
        Clocks without a result after the last one.
    idle : int
        Clocks between the reset and the first sample.
    """
    placed = lanes(sidecars)
    lines = [f"{len(samples)} {stalls!r} {seed % 2**64} {limit} {tail} {idle}"]
    for x, lane in zip(samples, placed, strict=True):
        lines += [f"{len(x)} {len(lane.inputs)}", *_streams(lane)]
    (folder / "job.txt").write_text("\n".join(lines) + "\n")
    with (folder / "input.bin").open("wb") as file:
        for x, sidecar in zip(samples, sidecars, strict=True):
            for stream, rows in zip(sidecar.inputs, split(x, sidecar), strict=True):
                for chunk in _chunks(len(rows), stream):
                    pack(to_beats(rows[chunk], stream), stream.channels).tofile(file)


def read_results(folder: Path, sidecars: Sequence[Sidecar], counts: Sequence[int]) -> list[Result]:
    """Read what the program wrote of each design, for so many samples.

    Raises
    ------
    SimulationError
        When an entry beyond the edge of a result is not 0.
    """
    results = []
    with (
        (folder / "output.bin").open("rb") as output,
        (folder / "taken.bin").open("rb") as taken_file,
        (folder / "offered.bin").open("rb") as offered_file,
    ):
        for count, sidecar in zip(counts, sidecars, strict=True):
            y = _read_rows(output, sidecar, count)
            taken = np.fromfile(taken_file, "<u8", count)
            offered = np.fromfile(offered_file, "<u8", count)
            results.append(Result(y, int(offered[-1]) + 1, taken, offered))
    return results


def _read_rows(file: BinaryIO, sidecar: Sidecar, count: int) -> Integers:
    stream, words = sidecar.output, payload_words(sidecar.output.channels)
    rows = np.empty((count, stream.entries), np.int64)
    for chunk in _chunks(count, stream):
        samples = chunk.stop - chunk.start
        raw = np.fromfile(file, "<u4", samples * stream.beats * words)
        beats = unpack(raw.reshape(-1, words), stream.channels)
        wrong = strays(beats, stream)
        if wrong.any():
            raise SimulationError(
                f"{sidecar.name} gives result {chunk.start + int(wrong.argmax())} with entries "
                f"beyond the edge of its shape {stream.shape} that are not 0"
            )
        rows[chunk] = from_beats(beats, stream)
    return rows


def _streams(lane: Lane) -> list[str]:
    return [
        f"{place.stream.beats} {place.bit} {place.word} {place.words}"
        for place in (*lane.inputs, lane.output)
    ]


def _chunks(samples: int, stream: Stream) -> list[slice]:
    """All samples, some at a time."""
    step = max(_CHUNK // (stream.beats * len(stream.channels)), 1)
    return [slice(start, min(start + step, samples)) for start in range(0, samples, step)]
