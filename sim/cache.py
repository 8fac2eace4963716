"""What was built once is kept: a folder per key, made whole or not at all."""

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from mulbudget.sim.tools import ToolError
from mulbudget.spn import UserError
from mulbudget.spn.files import make_folder

_KEPT = 30 * 24 * 3600  # seconds that an entry stays after its last use
_ABANDONED = 24 * 3600  # seconds after which an unfinished entry is one that was killed
_FULL = 1 << 20  # bytes that are free on a disk where a tool fails for want of more
_UNFINISHED = "unfinished-"


def folder() -> Path:
    """The cache: `MULBUDGET_CACHE`, else mulbudget in the user's; it may be deleted at any time."""
    chosen = os.environ.get("MULBUDGET_CACHE")
    users = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return make_folder(chosen or Path(users) / "mulbudget")


def key(parts: Iterable[str | bytes]) -> str:
    """A name for what is made of `parts`: the same parts, the same name."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()[:32]


def entry(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of entry `name`; where there is none, `make` fills it.

    `make` gets an empty folder of another name, which takes its own once it is complete: an
    interrupt or an error leaves nothing behind, and two processes that make the same entry do not
    see each other's.
    """
    cache = folder()
    target = cache / name
    if not target.is_dir():
        _clean(cache)
        unfinished = Path(_temporary(cache))
        try:
            make(unfinished)
            with contextlib.suppress(OSError):  # another process has made it meanwhile
                unfinished.rename(target)
        except OSError as error:
            raise _unwritable(cache, error.strerror) from error
        except ToolError as error:
            if shutil.disk_usage(cache).free < _FULL:
                raise _unwritable(cache, os.strerror(errno.ENOSPC)) from error
            raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.utime(target)
    return target


def _temporary(cache: Path) -> str:
    try:
        return tempfile.mkdtemp(prefix=_UNFINISHED, dir=cache)
    except OSError as error:
        raise _unwritable(cache, error.strerror) from error


def _unwritable(cache: Path, reason: str | None) -> UserError:
    return UserError(f"cannot write to {cache}: {reason}; set MULBUDGET_CACHE to another folder")


def _clean(cache: Path) -> None:
    """Remove what has not been used for long."""
    now = time.time()
    for each in cache.iterdir():
        limit = _ABANDONED if each.name.startswith(_UNFINISHED) else _KEPT
        with contextlib.suppress(OSError):
            if now - each.stat().st_mtime > limit:
                shutil.rmtree(each, ignore_errors=True)
