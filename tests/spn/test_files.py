"""A file is written whole or not at all, and a failure is one sentence."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mulbudget.spn import UserError
from mulbudget.spn.files import check_writable, make_folder, read_whole, write_whole


def test_text_and_bytes_replace_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write_whole(path, "ä") == path
    assert read_whole(path) == "ä".encode()
    write_whole(str(path), b"\0\1")
    assert path.read_bytes() == b"\0\1"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_the_mode_is_that_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_whole(tmp_path / "whole", "")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_full_disk_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_whole(tmp_path / "file", "before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=rf"cannot write {path}: No space left on device"):
        write_whole(path, "after")
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_write_that_stops_half_way_leaves_no_file(tmp_path: Path) -> None:
    script = (
        "import resource, signal, sys\n"
        "from mulbudget.spn import UserError\n"
        "from mulbudget.spn.files import write_whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_whole(sys.argv[1], b'x' * 2000)\n"
        "except UserError as error:\n"
        "    print(error)\n"
    )
    path = tmp_path / "file"
    command = [sys.executable, "-c", script, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == f"cannot write {path}: File too large\n"
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "file", "text")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_or_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot write .*none/file: No such file or directory"):
        write_whole(tmp_path / "none" / "file", "")
    write_whole(tmp_path / "file", "")
    with pytest.raises(UserError, match=r"cannot write .*file/inner: Not a directory"):
        write_whole(tmp_path / "file" / "inner", "")
    with pytest.raises(UserError, match=r"cannot make folder .*file/inner: Not a directory"):
        make_folder(tmp_path / "file" / "inner")
    with pytest.raises(UserError, match=r"cannot make folder .*file: File exists"):
        make_folder(tmp_path / "file")


def test_a_symbolic_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "folder")
    (folder / "file").write_text("before")
    link = tmp_path / "link"
    link.symlink_to(Path("folder") / "file")
    assert write_whole(link, "after") == link
    assert link.is_symlink()
    assert (folder / "file").read_text() == "after"
    (folder / "file").unlink()
    write_whole(link, "made")
    assert (folder / "file").read_text() == "made"
    assert {each.name for each in tmp_path.iterdir()} == {"folder", "link"}


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, "text")
        assert os.read(reader, 100) == b"text"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_device_is_written_into(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/dev/full")
    with pytest.raises(UserError, match=rf"cannot write {link}: No space left on device"):
        write_whole(link, "text")
    assert link.is_char_device()


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"cannot write {tmp_path}: Is a directory"):
        write_whole(tmp_path, "text")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(UserError, match=r"cannot write .*file: Permission denied"):
        write_whole(tmp_path / "file", "")


def test_make_folder_makes_the_parents_and_keeps_what_is_there(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "a" / "b")
    write_whole(folder / "file", "")
    assert make_folder(folder) == folder
    assert (folder / "file").exists()


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*none: No such file or directory"):
        read_whole(tmp_path / "none")


def test_what_cannot_be_written_is_found_before(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("before")
    for path in (tmp_path / "none" / "file", tmp_path / "file" / "file", tmp_path):
        with pytest.raises(UserError) as before:
            check_writable(path)
        with pytest.raises(UserError) as after:
            write_whole(path, "")
        assert str(before.value) == str(after.value)


def test_the_check_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("before")
    for path in (tmp_path / "file", tmp_path / "new", Path(os.devnull)):
        check_writable(path)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "before"
