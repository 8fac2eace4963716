"""Random numbers inside compiled code: xorshift64 (Marsaglia, "Xorshift RNGs", 2003)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders.compiled import compiled

State = npt.NDArray[np.uint64]


def seeded(seed: int | Sequence[int]) -> State:
    """A state, never zero."""
    return np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)


@compiled
def draw(state: State) -> float:
    """A number from 0 up to 1."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return np.float64(x >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def below(state: State, count: int) -> int:
    """An integer from 0 up to `count`."""
    result: Any = np.int64(draw(state) * count)
    return result
