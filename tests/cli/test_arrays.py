"""Arrays from files that hold one, and a sentence for the others."""

from pathlib import Path

import numpy as np
import pytest

from mulbudget.cli.arrays import read_array, write_array
from mulbudget.spn import UserError


def test_what_is_written_is_read(tmp_path: Path) -> None:
    array = np.arange(6).reshape(2, 3)
    write_array(tmp_path / "x.npy", array)
    assert np.array_equal(np.load(tmp_path / "x.npy"), array)
    assert np.array_equal(read_array(tmp_path / "x.npy"), array)


def test_a_truncated_file(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((100, 3), int))
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(UserError, match=f"{path} is no .npy file of numbers"):
            read_array(path)


@pytest.mark.parametrize("shape", [b"(10**9,)", b"(99999999999999999,)", b"(-1, 3)", b"__import__"])
def test_a_shape_that_the_file_does_not_hold(tmp_path: Path, shape: bytes) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((100, 3), int))
    whole = path.read_bytes()
    padding = b" " * (len(shape) - len(b"(100, 3)"))
    path.write_bytes(whole.replace(b"(100, 3)", shape).replace(padding + b"\n", b"\n", 1))
    with pytest.raises(UserError, match=f"{path} is no .npy file of numbers"):
        read_array(path)


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<i8', 'fortran_order': False, 'shape': (" + "9" * 31 + ",)}",
        "{'descr': '<i8', 'fortran_order': False, 'shape': (3,",
        "{'descr': '<i8', 1: 2}",
        "{'descr': '<i8', 'fortran_order': False, 'shape': " + "(" * 5000,
        "[" * 300 + "]" * 300,
        "-" * 9000 + "1",
    ],
    ids=("beyond-64-bits", "unclosed", "mixed-keys", "deep-unclosed", "deep", "deep-sign"),
)
def test_a_damaged_header(tmp_path: Path, header: str) -> None:
    text = header.encode() + b"\n"
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text)
    with pytest.raises(UserError, match=r"x.npy is no .npy file of numbers"):
        read_array(tmp_path / "x.npy")


def test_what_only_starts_like_a_zip_file(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"PK\3\4garbage")
    with pytest.raises(UserError, match=r"x.npy is no .npy file of numbers"):
        read_array(tmp_path / "x.npy")


def test_objects_are_not_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match=r"is no .npy file of numbers"):
        read_array(tmp_path / "x.npy")


def test_several_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.zeros(3))
    with pytest.raises(UserError, match="holds several arrays: save the one to use"):
        read_array(tmp_path / "x.npz")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*x.npy: No such file or directory"):
        read_array(tmp_path / "x.npy")
