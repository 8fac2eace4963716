"""The learning curve is a picture, of any number of epochs."""

import struct

import pytest

from mulbudget.train.curve import Point, picture


@pytest.mark.parametrize("count", [0, 1, 30])
def test_it_is_a_png_of_a_fixed_size(count: int) -> None:
    stages = ["teacher 1", "full", "ternary", "frozen"]
    points = [Point(stages[i * 4 // count], 1 / (i + 1), 1 - 0.5 / (i + 1)) for i in range(count)]
    content = picture(points, "digits")
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (960, 600)
