"""Matrices from files, and a sentence for what is none."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from mulbudget.cli.matrix import read_matrix
from mulbudget.spn import UserError

MATRIX = np.array([[1, -2, 3], [0, 0, 0]])


def write(folder: Path, text: str, name: str = "m.csv") -> Path:
    path = folder / name
    content = text.encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


@pytest.mark.parametrize("name", ["m.csv", "m.csv.gz", "M.CSV"])
@pytest.mark.parametrize(
    "text",
    [
        "1,-2,3\n0,0,0\n",
        "1,-2,3\n0,0,0",
        "1,-2,3\r\n0,0,0\r\n\r\n",
        "1,-2,3\r0,0,0\r",
        " 1, -2 ,\t+3\n00,0,-0\n\n",
        "\ufeff1,-2,3\n0,0,0\n",
    ],
)
def test_a_line_is_a_row(tmp_path: Path, name: str, text: str) -> None:
    assert np.array_equal(read_matrix(write(tmp_path, text, name)), MATRIX)


def test_a_npy_file(tmp_path: Path) -> None:
    np.save(tmp_path / "m.npy", MATRIX.astype(np.int8))
    assert np.array_equal(read_matrix(tmp_path / "m.npy"), MATRIX)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1.5", "'1.5'"),
        ("", "''"),
        ("nan", "'nan'"),
        ("1e3", "'1e3'"),
        ("0x10", "'0x10'"),
        ("1_0", "'1_0'"),
        ("1 2", "'1 2'"),
        ("- 1", "'- 1'"),
        ("\u0661", "'\u0661'"),
        ("\x1b[31m", r"'\x1b[31m'"),
        ("9" * 5000, "'" + "9" * 24 + "'"),
        ("1;2", "'1;2'"),
    ],
)
def test_what_is_no_integer_is_shown_with_its_place(tmp_path: Path, value: str, shown: str) -> None:
    path = write(tmp_path, f"1,2,3\n4,{value},6\n")
    with pytest.raises(UserError) as caught:
        read_matrix(path)
    assert str(caught.value) == (
        f"{path} has {shown} in row 2, column 2: "
        "write integers of at most 18 digits, separated by commas"
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty: write a row of integers a line"),
        ("\n \n", "is empty: write a row of integers a line"),
        ("1,2\n3\n", "has 1 columns in row 2, and 2 in row 1: write as many in each"),
        ("1,2\n\n3,4\n", "has '' in row 2, column 1"),
        ("a,b\n3,4\n", "has 'a' in row 1, column 1"),
    ],
)
def test_texts_that_are_no_matrix(tmp_path: Path, text: str, sentence: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        read_matrix(path)
    assert f"{path} {sentence}" in str(caught.value)


def test_a_damaged_gzip_file(tmp_path: Path) -> None:
    path = write(tmp_path, "1,-2,3\n" * 50, "m.csv.gz")
    whole = path.read_bytes()
    broken = [whole[:length] for length in range(1, len(whole))]
    broken += [b"1,2\n", whole[:12] + b"\xff\xff" + whole[14:], whole[:-6] + b"\0\0" + whole[-4:]]
    for content in broken:
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"is no gzip file, or it is truncated: pack it again"):
            read_matrix(path)


def test_a_gzip_file_of_gigabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mulbudget.cli.matrix._LARGEST_TEXT", 1 << 20)
    path = write(tmp_path, "1," * (1 << 20), "m.csv.gz")
    with pytest.raises(UserError, match="has more than 1 MiB of text"):
        read_matrix(path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"\x93NUMPY")
    with pytest.raises(UserError, match="is no UTF-8 text: save the matrix as CSV"):
        read_matrix(path)


@pytest.mark.parametrize(
    "array", [np.zeros(3), np.zeros((1, 2, 3)), np.array(1), np.zeros((0, 3)), np.zeros((3, 0))]
)
def test_arrays_that_are_no_matrix(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "m.npy", array)
    with pytest.raises(UserError, match="a matrix has rows and columns"):
        read_matrix(tmp_path / "m.npy")


@pytest.mark.parametrize("name", ["m.txt", "m", "m.npz", "m.gz", "csv"])
def test_names_that_end_otherwise(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"give a .csv, .csv.gz or .npy file"):
        read_matrix(tmp_path / name)


@pytest.mark.parametrize("name", ["m.csv", "m.csv.gz", "m.npy"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=rf"cannot read .*{name}: No such file or directory"):
        read_matrix(tmp_path / name)
