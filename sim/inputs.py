"""Inputs that reach every corner of a network's range."""

import numpy as np
import numpy.typing as npt

from mulbudget.spn import Bilinear, Range, Tensor


def random_inputs(tensor: Tensor, samples: int, seed: int) -> npt.NDArray[np.int64]:
    """Samples over the whole range of an input, the same for the same seed.

    The first is all channels at their low end, the second all at their high end; a third of the
    others has every channel at one end or the other, the rest is uniform.

    Parameters
    ----------
    tensor : Tensor
    samples : int
        At least 1.
    seed : int

    Returns
    -------
    int64, (samples, entries)
    """
    tensor = tensor.flat
    random = np.random.default_rng(seed)
    low, high = np.array(tensor.range.low), np.array(tensor.range.high)
    x = random.integers(low, high, (samples, len(low)), np.int64, endpoint=True)
    x[2::3] = np.where(random.random(x[2::3].shape) < 0.5, low, high)
    x[0] = low
    x[1:2] = high
    return x


MOST_CORNERS = 1 << 18
"""More are left to chance: those of two 3 x 3 matrices are as many."""


def corner_inputs(tensor: Tensor) -> npt.NDArray[np.int64]:
    """Every sample whose channels are at an end of their range; none where they are too many.

    Returns
    -------
    int64, (2**channels, channels), or (0, channels) beyond `MOST_CORNERS`
    """
    tensor = tensor.flat
    low, high = np.array(tensor.range.low), np.array(tensor.range.high)
    channels = len(low)
    count = 1 << channels if channels < MOST_CORNERS.bit_length() else 0
    at_high = np.arange(count)[:, None] >> np.arange(channels) & 1
    return np.where(at_high, high, low)


def extreme_pairs(product: Bilinear, x: Tensor) -> tuple[str, npt.NDArray[np.int64]]:
    """All pairs of extreme entries, or those that take operands to their ends; and what they are.

    None where corners are too many and the product is tiled.
    """
    pairs, what = corner_inputs(x), "pairs of extreme entries"
    if len(pairs):
        return f"all {len(pairs):,} {what}", pairs
    if not product.tiled:
        pairs, what = extreme_operands(product, x.range), "pairs with extreme operands of a product"
    return f"{len(pairs):,} {what}", pairs


def extreme_operands(product: Bilinear, x: Range) -> npt.NDArray[np.int64]:
    """For every product of a core the pairs of blocks that take its operands to their ends.

    Returns
    -------
    int64, (4 * r, inputs of the core)
        Both highest, one of the two, and both lowest.
    """
    scheme, cut = product.scheme, product.a_entries
    low, high = np.array(x.low), np.array(x.high)
    ends = []
    for rows, part in ((scheme.wa, slice(cut)), (scheme.wb, slice(cut, None))):
        highest = np.where(rows < 0, low[part], high[part])
        lowest = np.where(rows < 0, high[part], low[part])
        ends.append((highest, lowest))
    return np.concatenate([np.hstack([a, b]) for a in ends[0] for b in ends[1]])
