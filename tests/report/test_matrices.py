"""Pictures of ternary matrices: entry by entry, or reduced and said so."""

import base64
import io
import re

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mulbudget.report import matrices
from mulbudget.report.matrices import drawn_matrices
from mulbudget.spn import Network, Node, Range, SumProduct, Tensor, product_network
from tests.algorithms import STRASSEN
from tests.networks import ternary


def layer(wb: npt.NDArray[np.int8], wc: npt.NDArray[np.int8]) -> Network:
    r, n_in = wb.shape
    operator = SumProduct(wb, np.ones(r, np.int64), wc, np.zeros(len(wc), np.int64), 0)
    return Network(
        "net", Tensor((n_in,), 0, Range.uniform(0, 1, n_in)), [Node("fc", operator, "x")]
    )


def pixels(picture: object) -> npt.NDArray[np.uint8]:
    """Red, green, blue and opacity of every dot."""
    found = re.search(r'href="data:image/png;base64,([^"]*)"', str(picture))
    assert found
    image = Image.open(io.BytesIO(base64.b64decode(found[1])))
    return np.asarray(image.convert("RGBA"))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_every_entry_is_a_dot(rows: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    wb, wc = ternary(random, rows, columns, 0.5), ternary(random, 3, rows, 0.7)
    first, second = drawn_matrices(layer(wb, wc))
    assert (first.title, first.size, first.reduced) == ("fc Wb", (rows, columns), 1)
    assert (first.plus, first.minus) == ((wb == 1).sum(), (wb == -1).sum())
    for drawn, matrix in ((first, wb), (second, wc)):
        dots = pixels(drawn.picture).astype(int)
        assert ((dots[..., 3] > 0) == (matrix != 0)).all()
        red = dots[..., 0] > dots[..., 2]
        assert (red[matrix == -1]).all() and not red[matrix == 1].any()


def test_the_identity_is_not_drawn() -> None:
    wb, wc = drawn_matrices(layer(np.ones((4, 4), np.int8), np.eye(4, dtype=np.int8)))
    assert wb.picture is not None and wc.picture is None
    assert wc.plus == 4


def test_a_wb_that_is_the_identity_is_drawn() -> None:
    wb, _ = drawn_matrices(layer(np.eye(4, dtype=np.int8), np.ones((2, 4), np.int8)))
    assert wb.picture is not None


def test_a_large_matrix_is_reduced_and_none_of_its_entries_lost() -> None:
    wb = np.zeros((1000, 1001), np.int8)
    wb[999, 1000] = -1
    wb[:2, :2] = 1
    drawn = drawn_matrices(layer(wb, np.ones((1, 1000), np.int8)))[0]
    assert drawn.reduced == 2 and drawn.size == (1000, 1001)
    opacity = pixels(drawn.picture)[..., 3]
    assert opacity.shape == (500, 501)
    assert opacity[0, 0] == 255 and 0 < opacity[-1, -1] < 255
    assert np.count_nonzero(opacity) == 2


def test_many_matrices_share_what_a_page_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "MOST_TOGETHER", 100)
    wb = ternary(np.random.default_rng(0), 20, 20, 0.5)
    drawn = drawn_matrices(layer(wb, ternary(np.random.default_rng(1), 20, 20, 0.5)))
    monkeypatch.setattr(matrices, "MOST_ENTRIES", 400)
    less = drawn_matrices(layer(wb, wb))
    assert all(each.reduced == 1 for each in drawn)
    assert all(pixels(each.picture)[..., 0].size <= 50 for each in less)


def test_products_of_matrices_have_names_at_their_rows_and_columns() -> None:
    drawn = drawn_matrices(product_network(STRASSEN, name="core"))
    assert [each.title for each in drawn] == ["product Wa", "product Wb", "product Wc"]
    words = [re.findall(r">([^<]+)</text>", str(each.picture)) for each in drawn]
    products = [f"m{number}" for number in range(1, 8)]
    assert words[0] == [*products, "a11", "a12", "a21", "a22"]
    assert words[2] == ["c11", "c12", "c21", "c22", *products]


def test_a_picture_is_small() -> None:
    wb = ternary(np.random.default_rng(0), 512, 512, 0.5)
    drawn = drawn_matrices(layer(wb, np.ones((1, 512), np.int8)))[0]
    assert drawn.reduced == 1
    assert len(str(drawn.picture)) < 95_000
