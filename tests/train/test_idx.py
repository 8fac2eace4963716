"""idx files: what is damaged is told apart."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from mulbudget.spn import UserError
from mulbudget.train.idx import find_idx, idx_bytes, read_idx

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
WHOLE = idx_bytes(ARRAY)
COMPRESSED = gzip.compress(WHOLE, mtime=0)


def test_an_array_comes_back_plain_and_compressed(tmp_path: Path) -> None:
    for name, content in (("a", WHOLE), ("b.gz", COMPRESSED)):
        (tmp_path / name).write_bytes(content)
        assert (read_idx(tmp_path / name, 3) == ARRAY).all()


def test_the_format_is_the_standard_one() -> None:
    assert WHOLE[:16] == bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4])


def test_the_plain_file_is_found_before_the_compressed_one(tmp_path: Path) -> None:
    assert find_idx(tmp_path, "a") is None
    (tmp_path / "a.gz").touch()
    assert find_idx(tmp_path, "a") == tmp_path / "a.gz"
    (tmp_path / "a").touch()
    assert find_idx(tmp_path, "a") == tmp_path / "a"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a", WHOLE[:-1], "has 23 bytes of data, and its shape"),
        ("a", WHOLE + b"\0", "has 25 bytes of data"),
        ("a", WHOLE[:7], "is no idx file"),
        ("a", b"", "is no idx file"),
        ("a", b"\x89PNG" + WHOLE[4:], "is no idx file"),
        ("a", WHOLE[:2] + b"\x0d" + WHOLE[3:], "type 13, not 3 of unsigned bytes"),
        ("a", idx_bytes(ARRAY[0]) + bytes(9), "holds 2 axes"),
        ("a.gz", WHOLE, "is damaged"),
        ("a.gz", COMPRESSED[:-9], "is damaged"),
        ("a.gz", COMPRESSED[:20] + b"\xff" * 30, "is damaged"),
    ],
    ids=[
        "short",
        "long",
        "header-cut",
        "empty",
        "other-magic",
        "type",
        "axes",
        "not-gzip",
        "gzip-cut",
        "gzip-damaged",
    ],
)
def test_a_damaged_file_is_one_sentence(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=sentence) as caught:
        read_idx(path, 3)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        read_idx(tmp_path / "a", 1)
