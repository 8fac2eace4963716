"""Files that are written whole or not at all."""

import os
import tempfile
from pathlib import Path

from mulbudget.spn.errors import UserError


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

    The content goes to a temporary file beside `path`, which then takes its name.

    Raises
    ------
    UserError
        When it cannot be written: no such folder, no permission, disk full.
    """
    target = Path(path)
    data = content.encode() if isinstance(content, str) else content
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
    except OSError as error:
        raise UserError(f"cannot write {target}: {error.strerror}") from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
    return target


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
