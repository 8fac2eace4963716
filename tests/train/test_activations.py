"""Activations: rounded as Requantize does, with a scale that suits what they see."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.spn import Requantize, UserError
from mulbudget.train.activations import Activation, Rounding


def test_the_activation_rounds_as_requantize_does() -> None:
    activation = Activation(bits=4, fraction=2)
    activation.exact = False
    v = np.arange(-40, 90)  # 5 binary places
    expected = Requantize(3, 0, 15).evaluate(v[:, None])[:, 0]
    assert np.array_equal(activation(torch.tensor(v / 32.0)).numpy(), expected)
    activation.exact = True
    assert activation(torch.tensor([-1.0, 0.3])).tolist() == pytest.approx([0.0, 1.2])


def looked(bits: int, x: torch.Tensor, **options: object) -> Rounding:
    """A rounding that has seen `x`."""
    rounding = Rounding(bits, **options)  # type: ignore[arg-type]
    rounding(x)
    return rounding


@given(st.integers(2, 8), st.booleans(), st.integers(-6, 6), st.sampled_from([None, 6.0]))
def test_a_rounding_has_the_places_with_the_least_squared_error(
    bits: int, signed: bool, exponent: int, limit: float | None
) -> None:
    x = torch.randn(500, generator=torch.Generator().manual_seed(bits)) * 2.0**exponent
    rounding = looked(bits, x, signed=signed, limit=limit)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    wanted = x.clamp(-torch.inf if signed else 0, limit)

    def error(places: int) -> float:
        kept = (wanted * 2.0**places + 0.5).floor().clamp(low, high) / 2.0**places
        return float((kept - wanted).square().mean())

    assert error(int(rounding.fraction)) <= 1.0001 * min(map(error, range(-16, 25)))


@given(st.integers(2, 8), st.booleans(), st.sampled_from([None, 6.0]))
def test_a_frozen_rounding_is_its_operator(bits: int, signed: bool, limit: float | None) -> None:
    rounding = looked(bits, torch.linspace(-3, 9, 100), signed=signed, limit=limit)
    assert rounding.freeze(7) == int(rounding.fraction) <= 7
    v = np.arange(-3000, 3000)  # 7 binary places
    expected = rounding.operator(7).evaluate(v)
    got = rounding(torch.tensor(v / 128.0)) * 2.0 ** int(rounding.fraction)
    assert np.array_equal(got.numpy(), expected)


def test_a_rounding_is_exact_first_and_keeps_its_scale_once_frozen() -> None:
    x = torch.tensor([-1.0, 0.3, 8.0])
    rounding = looked(2, x)
    assert rounding(x).tolist() == pytest.approx([0.0, 0.3, 8.0])
    assert Rounding(2, limit=6.0)(x).tolist() == pytest.approx([0.0, 0.3, 6.0])
    assert Rounding(2, signed=True)(x).tolist() == x.tolist()
    rounding.freeze(-1)
    rounding(x * 1000)
    assert int(rounding.fraction) <= -1


def test_a_rounding_lets_gradients_through_inside_its_range() -> None:
    rounding = looked(4, torch.linspace(0, 15, 100))
    rounding.mark_frozen()
    x = torch.tensor([-1.0, 3.3, 100.0], requires_grad=True)
    rounding(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 1.0, 0.0]


def test_a_rounding_needs_data_and_possible_bits() -> None:
    with pytest.raises(UserError, match="has seen no data"):
        Rounding(4).freeze(3)
    for bits in (1, 9):
        with pytest.raises(UserError, match=f"of {bits} bits are not possible: use 2 to 8"):
            Rounding(bits)


def test_a_rounding_looks_at_all_of_an_image_alike(generator: torch.Generator) -> None:
    """Its scale suits the middle of large images as well as their edges."""
    small, large = Rounding(4), Rounding(4)
    x = torch.zeros(128, 16, 14, 14)
    x[:, :, 2:12, 2:12] = 40 * torch.rand(128, 16, 10, 10, generator=generator)
    large(x)
    small(x[:2, :2])
    assert int(large.fraction) == int(small.fraction) < 0
    ratios = large.errors / small.errors
    assert float(ratios.max()) < 1.2
    assert float(ratios.min()) > 0.8
