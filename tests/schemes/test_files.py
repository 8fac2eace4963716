import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mulbudget.schemes.files import read_scheme
from mulbudget.spn import Scheme, UserError
from tests.algorithms import STRASSEN, product, scheme_line


def flip_file(scheme: Scheme, **change: Any) -> str:
    """As the repository has it: w is of C transposed."""
    w = scheme.wc.T.reshape(scheme.r, scheme.k, scheme.n).transpose(0, 2, 1)
    record = {
        "n": [scheme.k, scheme.m, scheme.n],
        "m": scheme.r,
        "z2": False,
        "multiplications": ["m1 = (a11) * (b11)"],
        "u": scheme.wa.tolist(),
        "v": scheme.wb.tolist(),
        "w": w.reshape(scheme.r, -1).tolist(),
    }
    return json.dumps(record | change, indent=4)


def same(one: Scheme, other: Scheme) -> bool:
    return all(
        np.array_equal(getattr(one, each), getattr(other, each)) for each in ("wa", "wb", "wc")
    )


def test_a_line_is_a_scheme_and_several_have_names(tmp_path: Path) -> None:
    path = tmp_path / "two.jsonl.gz"
    text = (
        scheme_line(STRASSEN)
        + "\n\n"
        + scheme_line(STRASSEN, "other", Wa=(-STRASSEN.wa).tolist())
        + "\n"
    )
    path.write_bytes(gzip.compress(text.encode()))
    name, scheme = read_scheme(path, "strassen")
    assert name == "strassen" and same(scheme, STRASSEN)
    with pytest.raises(UserError, match="holds 2 schemes: choose one with --name: strassen, other"):
        read_scheme(path)
    with pytest.raises(UserError, match="no scheme 'third': it has strassen, other"):
        read_scheme(path, "third")
    with pytest.raises(UserError, match=r"scheme other: .*not exact: c11 has"):
        read_scheme(path, "other")


def test_a_file_of_the_repository_is_a_scheme(tmp_path: Path) -> None:
    path = tmp_path / "2x2x2_m7_ZT.json"
    path.write_text(flip_file(STRASSEN))
    name, scheme = read_scheme(path)
    assert name == "2x2x2_m7_ZT" and same(scheme, STRASSEN)


def test_sizes_that_differ_are_told_apart(tmp_path: Path) -> None:
    """By a product of 2x2 and 2x3 matrices: alphatensor/2x2x3_m11_ZT.json of the repository."""
    path = tmp_path / "2x2x3.json"
    path.write_text(AS_PUBLISHED)
    _, scheme = read_scheme(path)
    assert (scheme.k, scheme.m, scheme.n, scheme.r) == (2, 2, 3, 11)
    random = np.random.default_rng(0)
    a, b = random.integers(-9, 9, (5, 2, 2)), random.integers(-9, 9, (5, 2, 3))
    assert (product(scheme, a, b) == a @ b).all()


WRONG = STRASSEN.wa.copy()
WRONG[0, 0] = 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("[1, 2", "line 1: this is no scheme"),
        (scheme_line(STRASSEN)[:-9], "line 1: this is no scheme"),
        (scheme_line(STRASSEN) + "\n{}", "line 2: this is no scheme: .*missing required field"),
        (scheme_line(STRASSEN, rank=8), "rank is said to be 8, and wa has 7 rows"),
        (scheme_line(STRASSEN, shape=[2, 2, 3]), "has shape"),
        (scheme_line(STRASSEN, shape=[2, 2, 0]), "sizes of 1 or more"),
        (scheme_line(STRASSEN, Wa=WRONG.tolist()), r"wa\[0, 0\] is 2"),
        (scheme_line(STRASSEN, Wa=[[0.5]]), "Expected `int`"),
        (scheme_line(STRASSEN, Wa=[[1, 0], [1]]), "the rows of wa have 1 to 2 entries"),
        (scheme_line(STRASSEN, Wa=[]), "wa has 0 rows"),
        (flip_file(STRASSEN, z2=True), "exact modulo 2 only"),
        (flip_file(STRASSEN, m=8), r"w has shape \(7, 4\), and 8 products need \(8, 4\)"),
        (flip_file(STRASSEN, w=[["1/2"]]), "Expected `int`"),
        (flip_file(STRASSEN, w=STRASSEN.wc.T.tolist()), "not exact"),
        ("[" * 100_000, "this is no scheme"),
    ],
)
def test_what_is_no_scheme_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "scheme.json"
    path.write_text(text)
    with pytest.raises(UserError, match=message) as caught:
        read_scheme(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scheme.jsonl.gz"
    path.write_bytes(gzip.compress(scheme_line(STRASSEN).encode())[:-12])
    with pytest.raises(UserError, match="truncated"):
        read_scheme(path)


def test_the_published_schemes_are_exact(data_dir: Path) -> None:
    path = data_dir / "matrices" / "schemes.jsonl.gz"
    with gzip.open(path, "rt") as file:
        records = [json.loads(each) for each in file]
    for record in [each for each in records if each["rank"] < 60]:
        _, scheme = read_scheme(path, record["name"])
        assert scheme.r == record["rank"]
        assert scheme.naive_additions == record["naive_additions"]


AS_PUBLISHED = """
{
    "n": [2, 2, 3], "m": 11, "z2": false,
    "u": [[0, 0, 1, 0], [0, 0, 1, 1], [0, 1, 1, 0], [0, 1, 0, 0], [1, 1, 0, 0], [1, 0, -1, 0],
        [1, 0, 0, 0], [0, 1, 0, -1], [0, 0, 1, -1], [0, 1, 0, 0], [0, 0, 0, 1]],
    "v": [[0, 1, 0, 0, -1, 0], [0, 0, 0, 0, 1, 0], [0, 0, 1, 0, 1, 0], [0, 0, 1, 0, 0, -1],
        [0, 0, 1, 0, 0, 0], [0, 1, 1, 0, 0, 0], [1, 0, -1, 0, 0, 0], [0, 0, 0, 0, 1, 1],
        [1, 0, 0, 0, 0, 0], [0, 0, 1, -1, 0, 0], [1, 0, 0, 1, 0, 0]],
    "w": [[0, 0, 1, 1, 0, 0], [0, 0, 0, 1, 0, -1], [0, 0, 1, 0, 0, 1], [0, 0, 0, 0, -1, -1],
        [1, 0, -1, 0, 1, 0], [0, 0, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, -1],
        [0, 1, 0, 0, 0, 0], [-1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]]
}
"""
