"""What was built is kept, whole or not at all."""

import errno
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from mulbudget.sim import cache
from mulbudget.sim.tools import ToolError
from mulbudget.spn import UserError

LONG_AGO = time.time() - 365 * 24 * 3600


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MULBUDGET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def fill(folder: Path) -> None:
    (folder / "result").write_text("made")


def test_an_entry_is_made_once() -> None:
    calls = []

    def make(folder: Path) -> None:
        calls.append(folder)
        fill(folder)

    assert cache.entry("it", make) == cache.entry("it", make)
    assert (cache.entry("it", make) / "result").read_text() == "made"
    assert len(calls) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_what_fails_or_is_interrupted_leaves_nothing(
    folder: Path, error: type[BaseException]
) -> None:
    def make(folder: Path) -> None:
        fill(folder)
        raise error

    with pytest.raises(error):
        cache.entry("it", make)
    assert list(folder.iterdir()) == []
    assert (cache.entry("it", fill) / "result").is_file()


def test_a_full_disk_is_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def compile_it(_: Path) -> None:
        raise ToolError("g++ ended with 1")

    message = f"cannot write to {folder}: No space left on device; set MULBUDGET_CACHE to another"
    with pytest.raises(UserError, match=message):
        cache.entry("it", write)
    with pytest.raises(ToolError):
        cache.entry("it", compile_it)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(UserError, match=message):
        cache.entry("it", compile_it)
    assert list(folder.iterdir()) == []


def test_two_that_make_the_same_at_once_do_not_meet(folder: Path) -> None:
    def make(folder: Path) -> None:
        cache.entry("it", fill)
        fill(folder)

    assert (cache.entry("it", make) / "result").read_text() == "made"
    assert [each.name for each in folder.iterdir()] == ["it"]


def test_what_was_not_used_for_long_goes(folder: Path) -> None:
    for name in ("old", "used", "unfinished-1"):
        cache.entry(name, fill)
        os.utime(folder / name, (LONG_AGO, LONG_AGO))
    cache.entry("used", fill)
    cache.entry("new", fill)
    assert sorted(each.name for each in folder.iterdir()) == ["new", "used"]


def test_keys_differ_where_the_parts_do() -> None:
    assert cache.key(["ab", "c"]) == cache.key([b"ab", b"c"])
    assert len({cache.key(parts) for parts in (["ab", "c"], ["a", "bc"], ["abc"], [])}) == 4


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MULBUDGET_CACHE", str(tmp_path / "file"))
    with pytest.raises(UserError, match="cannot make folder"):
        cache.entry("it", fill)


def test_the_default_is_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MULBUDGET_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    assert cache.folder() == tmp_path / "home" / "mulbudget"
