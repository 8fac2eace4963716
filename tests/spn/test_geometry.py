import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mulbudget.spn import Geometry, UserError
from tests.images import geometries


def test_sizes_are_those_of_a_convolution() -> None:
    geometry = Geometry.plain((3, 5), (2, 1), (1, 2))
    assert geometry.outputs((28, 28)) == geometry.positions((28, 28)) == (14, 28)
    assert (geometry.window, geometry.step) == ((3, 5), (2, 1))
    assert geometry.after((28, 28)) == (0, 2)
    assert geometry.reaches_out((28, 28))
    assert not Geometry.plain((2, 2), (2, 2)).reaches_out((5, 4))


def test_a_patch_shares_a_window() -> None:
    geometry = Geometry((3, 3), (1, 2), (1, 1), (2, 3))
    assert (geometry.window, geometry.step) == ((4, 7), (2, 6))
    assert geometry.outputs((7, 7)) == (7, 4)
    assert geometry.positions((7, 7)) == (4, 2)
    assert geometry.after((7, 7)) == (2, 5)


@given(st.integers(1, 2).flatmap(geometries), st.lists(st.integers(1, 8), min_size=2, max_size=2))
def test_windows_stand_where_they_should(geometry: Geometry, sizes: list[int]) -> None:
    image = tuple(sizes[: geometry.axes])
    padded = [n + 2 * pad for n, pad in zip(image, geometry.padding, strict=True)]
    assume(all(n >= size for n, size in zip(padded, geometry.kernel, strict=True)))
    x = 1 + np.arange(2 * 3 * np.prod(image)).reshape(2, 3, *image)
    windows = geometry.windows(x, np.array([-1, -2, -3]))
    assert windows.shape == (2, *geometry.positions(image), 3, *geometry.window)
    for place in np.ndindex(*windows.shape[1:]):
        at, channel, inside = place[: geometry.axes], place[geometry.axes], place[-geometry.axes :]
        parts = zip(at, geometry.step, inside, geometry.padding, strict=True)
        entry = tuple(position * step + offset - pad for position, step, offset, pad in parts)
        beyond = any(not 0 <= e < n for e, n in zip(entry, image, strict=True))
        wanted = -1 - channel if beyond else x[(1, channel, *entry)]
        assert windows[(1, *place)] == wanted


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (((0, 3), (1, 1), (0, 0), (1, 1)), r"kernel is \(0, 3\): use 1 to 65536"),
        (((3, 3), (1, 0), (0, 0), (1, 1)), r"stride is \(1, 0\): use 1"),
        (((3, 3), (1, 1), (-1, 0), (1, 1)), r"padding is \(-1, 0\): use 0"),
        (((3, 3), (1, 1), (0, 0), (1 << 17, 1)), r"patch is \(131072, 1\)"),
        (((3, 3), (1,), (0, 0), (1, 1)), r"stride is \(1,\), not a number for each axis"),
        (((), (), (), ()), "not a number for each axis"),
        (((3, 3), (1, 1), (0, 3), (1, 1)), "is not less than the kernel"),
    ],
)
def test_numbers_out_of_range_are_refused(numbers: tuple, message: str) -> None:
    with pytest.raises(UserError, match=message):
        Geometry(*numbers)


def test_images_that_do_not_fit_are_refused() -> None:
    geometry = Geometry.plain((3, 3))
    with pytest.raises(UserError, match=r"an image of \(2, 5\) with padding \(0, 0\) is smaller"):
        geometry.outputs((2, 5))
    with pytest.raises(UserError, match="takes 2 spatial axes, and is given 1"):
        geometry.outputs((5,))
