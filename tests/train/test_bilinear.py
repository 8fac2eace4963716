import numpy as np
import torch

from mulbudget.train.bilinear import learn


def test_many_starts_become_strassens_rank_exactly() -> None:
    threads = torch.get_num_threads()
    learned = learn(2, 2, 2, 7, starts=32, steps=500, seed=[0])
    assert (learned.starts, learned.least_wrong) == (32, 0)
    assert len(learned.schemes) >= 8  # the Scheme itself proves that each is exact
    assert {(each.k, each.m, each.n, each.r) for each in learned.schemes} == {(2, 2, 2, 7)}
    assert torch.get_num_threads() == threads


def test_sizes_may_differ() -> None:
    learned = learn(1, 2, 3, 6, starts=16, steps=300, seed=[0])
    assert len(learned.schemes) > 0
    assert learned.schemes[0].wc.shape == (3, 6)


def test_a_seed_gives_the_same_schemes_and_another_one_others() -> None:
    one, same, other = (learn(1, 2, 2, 4, starts=8, steps=300, seed=[s]) for s in (0, 0, 2))
    assert len(one.schemes) == len(same.schemes) > 0
    assert all(np.array_equal(a.wa, b.wa) for a, b in zip(one.schemes, same.schemes, strict=True))
    assert not np.array_equal(one.schemes[0].wa, other.schemes[0].wa)


def test_too_few_products_leave_entries_wrong() -> None:
    learned = learn(2, 2, 2, 6, starts=16, steps=300, seed=[0])
    assert learned.schemes == () and 0 < learned.least_wrong < 64


def test_training_that_is_stopped_ends_early() -> None:
    learned = learn(2, 2, 2, 7, starts=4, steps=10**9, seed=[0], stopped=lambda: True)
    assert learned.starts == 4
