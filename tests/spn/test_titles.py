"""What operators and their shapes are called."""

import numpy as np
import pytest

from mulbudget.spn import (
    AnyOperator,
    Bilinear,
    Flatten,
    Geometry,
    MaxPool,
    Range,
    Requantize,
    SumProduct,
    Tensor,
    kind_title,
    shape_title,
    standard,
)
from tests.algorithms import STRASSEN
from tests.images import convolution, without_wc
from tests.networks import example

THREE = Geometry.plain((3, 3), padding=(1, 1))
IMAGE = Tensor((4, 8, 6), 0, Range.uniform(0, 1, 4))
FC1, _, FC2, _ = (node.operator for node in example().nodes)


@pytest.mark.parametrize(
    ("operator", "kind", "shape"),
    [
        (FC1, "sum-product", "3→2→3"),
        (FC2, "ternary-weight", "3→2→2"),
        (convolution(2, 3, 4, THREE), "convolution", "2→3→4, 3x3"),
        (
            convolution(4, 4, 2, Geometry((3, 1), (1, 2), (0, 0), (2, 2)), groups=2),
            "convolution",
            "4→4→2, 3x1, stride 1x2, patch 2, 2 groups",
        ),
        (without_wc(convolution(2, 4, 4, THREE)), "ternary convolution", "2→4→4, 3x3"),
        (MaxPool(Geometry.plain((2, 2), (2, 2))), "max-pool", "2x2, stride 2"),
        (Bilinear(STRASSEN, (4, 2, 3)), "bilinear", "4x2 · 2x3 in 2x2, 2x2"),
        (Bilinear(standard(4, 2, 3), (4, 2, 3)), "bilinear", "4x2 · 2x3"),
        (Requantize(2, 0, 7), "requantize", "4 x 8 x 6"),
        (Flatten(), "flatten", "4 x 8 x 6"),
    ],
)
def test_titles(operator: AnyOperator, kind: str, shape: str) -> None:
    assert kind_title(operator) == kind
    assert shape_title(operator, IMAGE) == shape


def test_a_wc_that_is_square_and_no_identity_is_learned() -> None:
    wc = -np.eye(2, dtype=np.int8)
    layer = SumProduct(np.ones((2, 3), np.int8), np.ones(2, np.int64), wc, np.zeros(2, np.int64), 0)
    assert kind_title(layer) == "sum-product"
