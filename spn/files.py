"""Files that are written whole or not at all."""

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import TypeVar

import msgspec

from mulbudget.spn.errors import UserError

Struct = TypeVar("Struct", bound=msgspec.Struct)


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Create folder `path` and its parents where they are missing.

    Raises
    ------
    UserError
        When the folder cannot be made.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make folder {folder}: {error.strerror}") from error
    return folder


def write_whole(path: str | os.PathLike[str], content: bytes | str) -> Path:
    """Write `content` (text as UTF-8) to `path`; a failure leaves what was there before.

    The content goes to a temporary file beside `path`, which then takes its name. A symbolic link
    stays, and the file it points to is replaced; a device or a pipe is written into.

    Raises
    ------
    UserError
        When it cannot be written: no such folder, no permission, disk full.
    """
    target = Path(path)
    data = content.encode() if isinstance(content, str) else content
    try:
        if _is_device_or_pipe(target):
            target.write_bytes(data)
        else:
            _replace(Path(os.path.realpath(target)), data)
    except OSError as error:
        raise UserError(f"cannot write {target}: {error.strerror}") from error
    return target


def check_writable(path: str | os.PathLike[str]) -> None:
    """Find out before long work whether `write_whole` could write to `path`; it leaves no trace.

    Raises
    ------
    UserError
        When it could not.
    """
    target = Path(path)
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not _is_device_or_pipe(target):
            with tempfile.TemporaryFile(dir=Path(os.path.realpath(target)).parent):
                pass
    except OSError as error:
        raise UserError(f"cannot write {target}: {error.strerror}") from error


def _is_device_or_pipe(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _replace(target: Path, data: bytes) -> None:
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(target)
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def read_whole(path: str | os.PathLike[str]) -> bytes:
    """Read file `path`.

    Raises
    ------
    UserError
        When it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error


def read_json(
    path: str | os.PathLike[str],
    form: type[Struct],
    damaged: str = "is truncated or not what mulbudget writes ({}): make it again",
) -> Struct:
    """The content of a JSON file of a known form.

    Parameters
    ----------
    path : path
    form : type
    damaged : str
        What to say of a file that is of another form, behind its name; `{}` is what is wrong.

    Raises
    ------
    UserError
        When it cannot be read, or is of another form.
    """
    try:
        return msgspec.json.decode(read_whole(path), type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path} {damaged.format(error)}") from error
