"""Windows of an image that comes pixel by pixel, as `Geometry.windows` has them."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mulbudget.hw.raster import Raster
from mulbudget.hw.window import Window
from mulbudget.spn import Geometry
from tests.hw.simulate import run_streams
from tests.images import geometries

ENDS = [(-3, 4), (0, 9)]


def build(image: tuple[int, ...], geometry: Geometry, fill: list[int]) -> Window:
    ends = [
        (min(low, value), max(high, value)) for (low, high), value in zip(ENDS, fill, strict=True)
    ]
    entries = [each for each in ends for _ in range(geometry.entries)]
    return Window("conv", Raster.of(image, geometry), ENDS, entries, fill)


def fits(image: tuple[int, ...], geometry: Geometry) -> bool:
    sizes = zip(image, geometry.padding, geometry.kernel, strict=True)
    return all(n + 2 * pad >= size for n, pad, size in sizes)


@settings(max_examples=60)
@given(
    st.integers(1, 2).flatmap(geometries),
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    st.sampled_from([[0, 0], [-3, 0], [-4, 12]]),
    st.sampled_from([0.0, 0.3]),
)
def test_windows_come_in_order(
    geometry: Geometry, sizes: tuple[int, int], fill: list[int], stalls: float
) -> None:
    image = sizes[: geometry.axes]
    assume(fits(image, geometry))
    window = build(image, geometry, fill)
    random = np.random.default_rng(0)
    low, high = zip(*ENDS, strict=True)
    images = random.integers(low, high, (2, *image, 2), endpoint=True)
    wanted = geometry.windows(np.moveaxis(images, -1, 1), np.array(fill))
    count = 2 * int(np.prod(geometry.positions(image)))
    wanted = wanted.reshape(count, -1)
    found, clocks = run_streams(window, {"i": images.reshape(-1, 2)}, count, stalls=stalls)
    assert (found == wanted).all()
    if not stalls:
        raster = window.raster
        ends = 1 + np.flatnonzero(raster.complete())
        first = int(np.flatnonzero(raster.inside())[0])
        both = np.concatenate([ends, ends + raster.clocks]) - first
        assert clocks == (both - both[0] + clocks[0]).tolist()


def test_a_row_of_a_raster_is_as_long_as_image_and_padding() -> None:
    raster = Raster.of((28, 28), Geometry.plain((3, 3), padding=(1, 1)))
    assert raster.shape == (30, 30) and raster.clocks == 900
    assert raster.inside().sum() == raster.complete().sum() == 784
    strided = Raster.of((28, 28), Geometry.plain((3, 3), (2, 2), (1, 1)))
    assert strided.shape == (29, 29) and strided.complete().sum() == 196
    assert Raster.of((9,), Geometry.plain((3,))).shape == (1, 9)
