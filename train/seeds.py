"""Random numbers: everything that is random comes from the seed of a run."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def generator_for(seed: int, use: str) -> torch.Generator:
    """Random numbers for one use, apart from those for every other."""
    words = np.random.SeedSequence([seed, *use.encode()]).generate_state(2, np.uint32)
    return torch.Generator().manual_seed(int(words[0]) << 31 | int(words[1]) >> 1)


@contextmanager
def seeded(generator: torch.Generator) -> Iterator[None]:
    """Let modules of PyTorch draw their initial weights from `generator`.

    PyTorch has one generator of these for all programs: inside, it is a fork of it.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        yield
