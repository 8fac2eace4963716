"""What the folder of a sweep is: sweep.json, and the lock of whoever works in it."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from mulbudget.spn import UserError
from mulbudget.spn.files import make_folder, read_json, write_whole
from mulbudget.train.recipe import Recipe

FILE = "sweep.json"


class Sweep(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What sweep.json holds.

    Parameters
    ----------
    format, version
        Of the file.
    recipe : str
        Its name.
    settings : dict
        What `--set` changes of it.
    device : "cpu" or "cuda"
        What trains.
    board : str
        The one that was planned for last, of which sweep.svg and the tables are.
    """

    format: Literal["mulbudget-sweep"]
    version: Literal[1]
    recipe: str
    settings: dict[str, str]
    device: str
    board: str


def describe(recipe: Recipe, assignments: Sequence[str], device: str, board: str) -> Sweep:
    """The content of sweep.json, from a recipe that has its settings."""
    names = {assignment.partition("=")[0].strip() for assignment in assignments}
    return Sweep(
        format="mulbudget-sweep",
        version=1,
        recipe=recipe.name,
        settings={name: _text(getattr(recipe, name)) for name in sorted(names)},
        device=device.partition(":")[0],
        board=board,
    )


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


@contextmanager
def claimed(out: Path, sweep: Sweep) -> Iterator[None]:
    """Make `out` the folder of a sweep, for this process alone.

    Raises
    ------
    UserError
        When it cannot be, is the folder of another sweep, or another process works there.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file: name a folder with --out")
    existed = out.exists()
    descriptor = _opened(make_folder(out))
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another sweep is at work in {out}: wait for its end") from error
        except OSError:
            pass  # a file system without locks
        if existed:
            _check(out, sweep)
        content = msgspec.json.format(msgspec.json.encode(sweep), indent=2) + b"\n"
        write_whole(out / FILE, content)
        yield
    finally:
        os.close(descriptor)


def _opened(folder: Path) -> int:
    try:
        return os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise UserError(f"cannot read folder {folder}: {error.strerror}") from error


def _check(out: Path, sweep: Sweep) -> None:
    """Raise `UserError` where the folder is of another sweep, or of none and not empty."""
    path = out / FILE
    if not path.exists():
        if any(out.iterdir()):
            raise UserError(f"{out} holds no sweep, and other files: name another folder")
        return
    difference = _difference(read_json(path, Sweep, _DAMAGED), sweep)
    if difference:
        raise UserError(f"{out} holds another sweep: {difference}; name another folder with --out")


_DAMAGED = (
    "is damaged ({}), so nothing says what the folder holds: delete the file where you know that "
    "its runs are of this sweep, or name another folder"
)


def _difference(found: Sweep, wanted: Sweep) -> str | None:
    """How a sweep differs from what is asked for; None where it does not."""
    if found.recipe != wanted.recipe:
        return f"it is of recipe {found.recipe}, not {wanted.recipe}"
    for name in sorted(found.settings.keys() | wanted.settings.keys()):
        before, now = found.settings.get(name), wanted.settings.get(name)
        if before != now:
            return f"it {_said(name, before)}, and this command {_said(name, now)}"
    if found.device != wanted.device:
        return f"it was trained on {found.device}, not on {wanted.device}"
    return None


def _said(name: str, value: str | None) -> str:
    return f"leaves {name} as the recipe has it" if value is None else f"sets {name}={value}"
