"""How functions are compiled: once, and kept beside the source for the next run."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from numba import config, njit

F = TypeVar("F", bound=Callable[..., Any])


@cache
def _folder(home: Path) -> str:
    """Where machine code of functions in `home` is kept: a folder for each state of the sources.

    It is there, or in the folder that NUMBA_CACHE_DIR names. Numba itself looks only at the file
    that a function stands in, not at those it calls: those beside it, and those beside this file.
    """
    settings: Any = config
    digest = hashlib.sha256()
    for folder in sorted({home, Path(__file__).parent}):
        for source in sorted(folder.glob("*.py")):
            digest.update(source.read_bytes())
    return str(Path(settings.CACHE_DIR or home / "__pycache__") / digest.hexdigest()[:16])


def compiled(function: F) -> F:
    """The function as machine code, made at its first call.

    Numba's reference counts would cost more than the search itself. Without them a function can
    make no arrays, not even a slice of one: it changes those that it is given.
    """
    options: dict[str, Any] = {"nogil": True, "_nrt": False}
    settings: Any = config
    home = Path(function.__code__.co_filename).parent
    others, settings.CACHE_DIR = settings.CACHE_DIR, _folder(home)
    try:
        result: Any = njit(cache=True, **options)(function)
    except RuntimeError:  # no folder that it could be kept in
        result = njit(**options)(function)
    finally:
        settings.CACHE_DIR = others
    return result
