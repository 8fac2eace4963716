"""The ternary matrices of operators, and the names of their rows and columns."""

import numpy as np

from mulbudget.spn import Convolution, SumProduct, matrices_of, product_network
from tests.algorithms import STRASSEN
from tests.images import image_network


def test_matrices_make_the_sums_of_a_window() -> None:
    for node in image_network().nodes:
        match node.operator:
            case Convolution() as layer:
                wb, wc = (matrix for _, matrix in matrices_of(node.operator))
                assert wb.shape == (layer.r, layer.wb[0].size)
                assert (wc == layer.layer.wc).all()
                assert np.count_nonzero(wb) == np.count_nonzero(layer.layer.wb)
            case SumProduct(wb=wb, wc=wc):
                assert [matrix for _, matrix in matrices_of(node.operator)] == [wb, wc]
            case _:
                assert matrices_of(node.operator) == []


def test_matrices_of_an_algorithm_have_named_rows_and_columns() -> None:
    (node,) = product_network(STRASSEN, name="core").nodes
    for name, matrix in matrices_of(node.operator):
        rows, columns = STRASSEN.names[name]
        assert matrix.shape == (len(rows), len(columns))
    assert STRASSEN.names["Wa"][1] == ["a11", "a12", "a21", "a22"]
    assert STRASSEN.names["Wc"] == (["c11", "c12", "c21", "c22"], [f"m{n}" for n in range(1, 8)])
