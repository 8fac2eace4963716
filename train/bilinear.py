"""Bilinear algorithms of the matrix product, learned from random starts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mulbudget.spn.scheme import Scheme, check_size, product_tensor

_LIMIT = 1.2
"""Weights stay between this and its negative."""
_RATE = 0.02
_DECAY = 0.01
"""Of the squares of the weights, while they are free."""
_PULL = 0.3
"""Of the pull to -1, 0 and 1 when it is strongest."""
_FREE, _PULLED = 0.3, 0.9
"""Parts of the training after which the pull starts, and is strongest."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What a batch of starts gave.

    Parameters
    ----------
    schemes : tuple of Scheme
        Those that are exact over the integers, in the order of their starts.
    starts : int
        How many there were.
    least_wrong : int
        Entries of the tensor that the best one gets wrong; 0 where any is exact.
    """

    schemes: tuple[Scheme, ...]
    starts: int
    least_wrong: int


def learn(
    k: int,
    m: int,
    n: int,
    rank: int,
    *,
    starts: int,
    steps: int,
    seed: Sequence[int],
    stopped: Callable[[], bool] = lambda: False,
) -> Learned:
    """Learn ternary Wa, Wb and Wc from random starts, all of them as one batch.

    The loss is that of StrassenNets, section 4.1: the squared error of Wc [(Wb vec(B)) * (Wa
    vec(A))] over pairs of random matrices. Their entries are independent, of mean 0 and variance 1,
    so that its expectation is the squared distance of the two tensors of order three, which is 0
    where Brent's equations hold; that is what is minimised, without samples.

    Weights are free at first, and a slight decay makes the three factors of each product equally
    large. Then a penalty w**2 (1 - abs(w))**2 grows, which is 0 at -1, 0 and 1 only, and the
    quantizer with the fixed threshold 0.5 takes the nearest of them in the end. What that gives is
    compared with the tensor over the integers.

    Parameters
    ----------
    k, m, n : int
        A is k x m, B is m x n.
    rank : int
        Products.
    starts : int
        The batch.
    steps : int
        Of Adam.
    seed : sequence of int
        The same arguments give the same schemes on machines with the same processor type, in
        `one_thread`.
    stopped : callable
        Asked now and then; training ends early where it is true, without what could still come.
    """
    check_size(k, m, n)
    target = torch.from_numpy(product_tensor(k, m, n)).float().reshape(k * m, -1)
    random = np.random.default_rng([*seed])
    weights = [
        torch.from_numpy(random.normal(0, 0.5, (starts, rank, size)).astype(np.float32))
        for size in (k * m, m * n, k * n)
    ]
    _descend([weight.requires_grad_() for weight in weights], target, steps, stopped)
    return _exact(k, m, n, [_ternary(weight) for weight in weights], target)


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch has one thread meanwhile, and so it has in threads that start meanwhile.

    The operations of `learn` are small: several of it side by side are faster than one with more.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _descend(
    weights: list[Tensor], target: Tensor, steps: int, stopped: Callable[[], bool]
) -> None:
    adam = torch.optim.Adam(weights, betas=(0.9, 0.99), eps=1e-6)
    for step in range(steps):
        done = step / steps
        pull = min(max((done - _FREE) / (_PULLED - _FREE), 0.0), 1.0)
        adam.param_groups[0]["lr"] = _RATE * min(1.0, 2.05 - 2 * done)
        adam.zero_grad()
        loss = (_tensor(*weights) - target).square().sum()
        (loss + sum(_penalty(weight, pull) for weight in weights)).backward()
        adam.step()
        with torch.no_grad():
            for weight in weights:
                weight.clamp_(-_LIMIT, _LIMIT)
        if step % 16 == 0 and stopped():
            return


def _tensor(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """The tensors of algorithms: (starts, k * m, m * n * k * n)."""
    return a.transpose(1, 2) @ (b.unsqueeze(3) * c.unsqueeze(2)).flatten(2)


def _penalty(weight: Tensor, pull: float) -> Tensor:
    if pull == 0:
        return _DECAY * weight.square().sum()
    return _PULL * pull * (weight * (1 - weight.abs())).square().sum()


def _ternary(weight: Tensor) -> Tensor:
    weight = weight.detach()
    return torch.where(weight.abs() > 0.5, weight.sign(), 0.0)


def _exact(k: int, m: int, n: int, weights: list[Tensor], target: Tensor) -> Learned:
    """Those that are exact: sums of so few products of -1, 0 and 1 are exact in float32."""
    wrong = (_tensor(*weights) != target).flatten(1).sum(1)
    a, b, c = (weight.to(torch.int8).numpy() for weight in weights)
    schemes = tuple(
        Scheme(k, m, n, a[start], b[start], np.ascontiguousarray(c[start].T))
        for start in torch.nonzero(wrong == 0).flatten().tolist()
    )
    return Learned(schemes, len(wrong), int(wrong.min()))
