"""Samples of a stream as the beats in which they travel, and back."""

import math
from itertools import chain
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mulbudget.hw.sidecar import Sidecar, Stream
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
    tensors = rows.reshape(len(rows), *stream.shape)
    beyond = [whole - n for whole, n in zip(_whole(stream), stream.shape, strict=True)]
    if any(beyond):
        tensors = np.pad(tensors, [(0, 0), *((0, count) for count in beyond)])
    split = chain(*zip(stream.blocks, stream.block, strict=True))
    axes = len(stream.block)
    blocks = tensors.reshape(len(rows), *split).transpose(
        0, *range(1, 2 * axes, 2), *range(2, 2 * axes + 1, 2)
    )
    return blocks.reshape(-1, math.prod(stream.block))


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
    samples, axes = len(beats) // stream.beats, len(stream.block)
    blocks = beats.reshape(samples, *stream.blocks, *stream.block)
    joined = blocks.transpose(0, *chain(*((1 + k, 1 + axes + k) for k in range(axes))))
    tensors = joined.reshape(samples, *_whole(stream))
    return tensors[:, *map(slice, stream.shape)].reshape(samples, stream.entries)


def strays(beats: npt.NDArray[np.integer], stream: Stream) -> npt.NDArray[np.bool_]:
    """Which samples of such beats are not 0 somewhere beyond the tensor's edge, (samples,)."""
    beyond = ~to_beats(np.ones((1, stream.entries), np.bool_), stream)
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


def _whole(stream: Stream) -> list[int]:
    """The tensor's shape with the zeros beyond its edge."""
    return [count * size for count, size in zip(stream.blocks, stream.block, strict=True)]
