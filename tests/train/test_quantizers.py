"""Ternary entries, rounding, and gradients that pass straight through."""

import math
from collections.abc import Callable

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.train import quantizers


def weights(seed: int, shape: tuple[int, int]) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_the_fixed_quantizer_compares_with_its_factor() -> None:
    w = torch.tensor([[0.5, 0.51, -0.51, -0.5, 2.0]])
    entries = quantizers.ternary(w, quantizer="fixed", factor=0.5, alive=1)
    assert entries.tolist() == [[0, 1, -1, 0, 1]]


def test_the_scaled_quantizer_compares_with_the_mean_magnitude() -> None:
    w = torch.tensor([[1.0, -2.0], [3.0, 6.0]])  # mean 3, threshold 2.1
    entries = quantizers.ternary(w, quantizer="scaled", factor=0.7, alive=1)
    assert entries.tolist() == [[0, -1], [1, 1]]  # the first row keeps its largest
    assert quantizers.scale(w, torch.tensor([[0.0, 0.0], [1.0, 1.0]])).item() == 4.5


@given(
    st.integers(0, 10**6),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.sampled_from([0.0, 0.7, 1.4, 50.0]),
    st.sampled_from(["fixed", "scaled"]),
    st.sampled_from([0, 1]),
)
def test_entries_are_ternary_and_no_slice_is_dead(
    seed: int, shape: tuple[int, int], factor: float, quantizer: quantizers.Quantizer, alive: int
) -> None:
    w = weights(seed, shape)
    entries = quantizers.ternary(w, quantizer=quantizer, factor=factor, alive=alive)
    assert set(entries.unique().tolist()) <= {-1.0, 0.0, 1.0}
    assert bool(((entries == 0) | (entries == w.sign())).all())
    assert bool(entries.any(dim=alive).all())
    if factor == 50.0:
        assert int(entries.abs().sum()) == entries.shape[1 - alive]


def test_weights_of_zero_keep_one_positive_entry() -> None:
    entries = quantizers.ternary(torch.zeros(2, 3), quantizer="scaled", factor=0.7, alive=1)
    assert entries.tolist() == [[1, 0, 0], [1, 0, 0]]


def test_a_larger_factor_is_sparser() -> None:
    w = weights(0, (30, 30))
    kept = [
        int(quantizers.ternary(w, quantizer="scaled", factor=factor, alive=1).abs().sum())
        for factor in (0.0, 0.7, 1.2, 1.6)
    ]
    assert kept == sorted(kept, reverse=True)
    assert len(set(kept)) == 4


def test_halves_are_rounded_upwards_as_requantize_has_it() -> None:
    values = torch.tensor([-1.5, -0.5, 0.5, 1.5, 2.4])
    assert quantizers.rounded(values).tolist() == [-1, 0, 1, 2, 2]


EDGES = st.sampled_from(
    [(0.0, 7.0), (-8.0, 7.0), (0.0, math.inf), (-math.inf, math.inf), (0.0, 6.0)]
)


@given(st.integers(0, 10**6), EDGES, st.sampled_from([torch.float32, torch.float64]))
def test_clamped_gives_what_the_clamp_of_pytorch_does(
    seed: int, bounds: tuple[float, float], dtype: torch.dtype
) -> None:
    x = around(torch.arange(-10, 10, dtype=dtype), seed)
    assert_same(
        x, lambda each: each.clamp(*bounds), lambda each: quantizers.clamped(each, *bounds), seed
    )


@given(
    st.integers(0, 10**6),
    st.sampled_from([(0, 7), (-8, 7), (0, 255), (0, 5)]),
    st.integers(-16, 24),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_rounded_between_gives_what_rounding_and_clamping_do(
    seed: int, bounds: tuple[int, int], fraction: int, dtype: torch.dtype
) -> None:
    scale = 2.0**fraction
    x = around(torch.arange(-20, 20, dtype=dtype) / 2, seed) / scale
    assert_same(
        x,
        lambda each: quantizers.rounded(each * scale).clamp(*bounds) / scale,
        lambda each: quantizers.rounded_between(each, *bounds, fraction),
        seed,
    )


def around(x: torch.Tensor, seed: int) -> torch.Tensor:
    """These numbers, their neighbours on both sides, and random ones."""
    up, down = torch.nextafter(x, x + 1), torch.nextafter(x, x - 1)
    random = torch.randn(100, generator=torch.Generator().manual_seed(seed), dtype=x.dtype)
    return torch.cat([x, up, down, 5 * random])


def assert_same(
    x: torch.Tensor,
    plain: Callable[[torch.Tensor], torch.Tensor],
    fast: Callable[[torch.Tensor], torch.Tensor],
    seed: int,
) -> None:
    """Two functions give the same numbers and pass the same gradient, bit for bit."""
    gradient = torch.randn(x.shape, generator=torch.Generator().manual_seed(seed), dtype=x.dtype)
    found = []
    for each in (plain, fast):
        leaf = x.clone().requires_grad_()
        result = each(leaf)
        result.backward(gradient)
        found.append((result, leaf.grad))
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1])


def test_signed_digits_are_the_fewest() -> None:
    fewest = {0: 0}
    for digits in range(1, 6):
        for known in list(fewest):
            for shift in range(10):
                for sign in (-1, 1):
                    fewest.setdefault(known + sign * (1 << shift), digits)
    assert all(quantizers.signed_digits(value) == fewest[value] for value in range(256))


def test_multiplicands_cost_no_more_than_their_digits() -> None:
    assert quantizers.multiplicands(4, 4) == list(range(1, 16))
    assert quantizers.multiplicands(4, 1) == [1, 2, 4, 8]
    assert quantizers.multiplicands(5, 2)[-2:] == [30, 31]
    assert quantizers.multiplicands(1, 1) == [1]


def test_the_nearest_multiplicand_keeps_the_sign() -> None:
    allowed = torch.tensor([1.0, 2.0, 4.0])
    values = torch.tensor([-5.0, -2.9, -0.1, 0.0, 1.6, 3.1])
    assert quantizers.nearest(values, allowed).tolist() == [-4, -2, -1, 1, 2, 4]


def test_gradients_pass_straight_through() -> None:
    w = weights(0, (4, 4)).requires_grad_()
    entries = quantizers.ternary(w, quantizer="scaled", factor=0.7, alive=1)
    for quantized in (
        quantizers.straight_through(w, entries),
        quantizers.rounded(w),
        quantizers.nearest(w, torch.tensor([1.0, 2.0])),
    ):
        w.grad = None
        (quantized * torch.arange(16.0).view(4, 4)).sum().backward()
        assert w.grad is not None
        assert np.array_equal(w.grad.numpy(), np.arange(16.0).reshape(4, 4))
