"""Samples as the bits of a stream's payload, and back."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mulbudget.hw.sidecar import Channel

Words = npt.NDArray[np.uint32]

_BITS = 64


def payload_bits(channels: Sequence[Channel]) -> int:
    """Width of a payload."""
    return max(channel.offset + channel.width for channel in channels)


def payload_words(channels: Sequence[Channel]) -> int:
    """How many 32-bit words hold a payload."""
    return -(-payload_bits(channels) // 32)


def pack(values: npt.NDArray[np.int64], channels: Sequence[Channel]) -> Words:
    """Put each channel's integer at its place.

    Parameters
    ----------
    values : int64, (samples, channels)
        Each inside its channel's `low` to `high`.
    channels : sequence of Channel
        Of 62 bits at most each.

    Returns
    -------
    uint32, (samples, payload_words(channels))
        Least significant word first; bits that belong to no channel are 0.
    """
    columns = np.ascontiguousarray(values.T).astype(np.uint64)
    words = np.zeros((-(-payload_bits(channels) // _BITS), len(values)), np.uint64)
    for column, channel in zip(columns, channels, strict=True):
        bits = column & np.uint64(_mask(channel))
        word, shift = divmod(channel.offset, _BITS)
        words[word] |= bits << np.uint64(shift)
        if shift + channel.width > _BITS:
            words[word + 1] |= bits >> np.uint64(_BITS - shift)
    halves = np.ascontiguousarray(words.T).astype("<u8", copy=False).view("<u4")
    return np.ascontiguousarray(halves[:, : payload_words(channels)])


def unpack(words: Words, channels: Sequence[Channel]) -> npt.NDArray[np.int64]:
    """Take each channel's integer from its place; the inverse of `pack`.

    Parameters
    ----------
    words : uint32, (samples, payload_words(channels))
    channels : sequence of Channel

    Returns
    -------
    int64, (samples, channels)
    """
    whole = np.zeros((len(words), 2 * -(-payload_bits(channels) // _BITS)), "<u4")
    whole[:, : words.shape[1]] = words
    columns = np.ascontiguousarray(whole.view("<u8").T)
    values = np.empty((len(channels), len(words)), np.int64)
    for value, channel in zip(values, channels, strict=True):
        word, shift = divmod(channel.offset, _BITS)
        bits = columns[word] >> np.uint64(shift)
        if shift + channel.width > _BITS:
            bits |= columns[word + 1] << np.uint64(_BITS - shift)
        raw = (bits & np.uint64(_mask(channel))).astype(np.int64)
        sign = np.int64(1 << channel.width - 1 if channel.signed else 0)
        value[:] = (raw ^ sign) - sign
    return np.ascontiguousarray(values.T)


def _mask(channel: Channel) -> int:
    return (1 << channel.width) - 1
