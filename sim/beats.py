"""Samples of a stream as the beats in which they travel, and back."""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mulbudget.hw.sidecar import Sidecar, Stream
from mulbudget.hw.streams import places
from mulbudget.spn import Range

Scalar = TypeVar("Scalar", bound=np.generic)


def to_beats(rows: npt.NDArray[Scalar], stream: Stream) -> npt.NDArray[Scalar]:
    """Cut each sample into blocks.

    Parameters
    ----------
    rows : (samples, stream.entries)
        Tensors of the stream's shape, in C order.
    stream : Stream

    Returns
    -------
    (samples * stream.beats, entries of a block)
        The blocks in the order in which they travel, 0 beyond the tensor's edge.
    """
    places = _places(stream)
    beyond = np.zeros((len(rows), 1), rows.dtype)  # which is what place -1 takes
    return np.concatenate([rows, beyond], axis=1)[:, places.ravel()].reshape(-1, places.shape[1])


def from_beats(beats: npt.NDArray[Scalar], stream: Stream) -> npt.NDArray[Scalar]:
    """Put the blocks of each sample together; the inverse of `to_beats`.

    Parameters
    ----------
    beats : (samples * stream.beats, entries of a block)
    stream : Stream

    Returns
    -------
    (samples, stream.entries)
        Without what lies beyond the tensor's edge.
    """
    places = _places(stream)
    rows = np.empty((len(beats) // stream.beats, stream.entries + 1), beats.dtype)
    rows[:, places.ravel()] = beats.reshape(len(rows), places.size)
    return rows[:, :-1]


def strays(beats: npt.NDArray[np.integer], stream: Stream) -> npt.NDArray[np.bool_]:
    """Which samples of such beats are not 0 somewhere beyond the tensor's edge, (samples,)."""
    beyond = _places(stream) < 0
    samples = len(beats) // stream.beats
    return np.count_nonzero(beats.reshape(samples, *beyond.shape)[:, beyond], axis=1) > 0


def split(rows: npt.NDArray[Any], sidecar: Sidecar) -> list[npt.NDArray[Any]]:
    """Samples (samples, entries of all inputs) as one array for each input stream."""
    ends = np.cumsum([stream.entries for stream in sidecar.inputs])
    return np.split(rows, ends[:-1], axis=1)


def input_range(sidecar: Sidecar) -> Range:
    """What the entries of a sample can be, so that every beat fits its channels."""
    carriers = [stream.channels[index] for stream in sidecar.inputs for index in _carriers(stream)]
    return Range(
        tuple(channel.low for channel in carriers), tuple(channel.high for channel in carriers)
    )


def _carriers(stream: Stream) -> npt.NDArray[np.int64]:
    """The channel that carries each entry of a tensor."""
    block = np.arange(len(stream.channels))
    return from_beats(np.tile(block, (stream.beats, 1)), stream)[0]


def _places(stream: Stream) -> npt.NDArray[np.int64]:
    """`mulbudget.hw.streams.places` of it."""
    return places(stream.shape, stream.block)
