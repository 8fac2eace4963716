import re

import numpy as np

from mulbudget.schemes.text import algorithm
from mulbudget.spn import standard
from tests.algorithms import STRASSEN


def test_strassens_algorithm_reads_as_it_is_known() -> None:
    lines = list(algorithm(STRASSEN))
    assert lines[0] == "m1 = (a11 + a22) (b11 + b22)"
    assert lines[1] == "m2 = (a21 + a22) b11"
    assert lines[5] == "m6 = (-a11 + a21) (b11 + b12)"
    assert lines[7] == "c11 = m1 + m4 - m5 + m7"
    assert lines[10] == "c22 = m1 - m2 + m3 + m6"
    assert len(lines) == 7 + 4


def test_the_lines_compute_the_product() -> None:
    random = np.random.default_rng(0)
    a, b = random.integers(-9, 9, (2, 2)), random.integers(-9, 9, (2, 2))
    values = {
        f"{name}{i + 1}{j + 1}": int(matrix[i, j])
        for name, matrix in (("a", a), ("b", b))
        for i in range(2)
        for j in range(2)
    }
    for line in algorithm(STRASSEN):
        name, text = line.split(" = ")
        values[name] = eval(re.sub(r"([\d)]) ([(b])", r"\1 * \2", text), {}, values)
    assert [values[f"c{i}{j}"] for i in (1, 2) for j in (1, 2)] == (a @ b).ravel().tolist()


def test_entries_of_large_matrices_have_brackets() -> None:
    lines = list(algorithm(standard(10, 1, 1)))
    assert lines[9] == "m10 = a[10,1] b[1,1]"
    assert lines[19] == "c[10,1] = m10"
