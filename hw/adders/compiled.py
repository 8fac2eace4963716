"""How functions are compiled: once, and kept beside the source for the next run."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numba import config, njit

F = TypeVar("F", bound=Callable[..., Any])


def _folder() -> Path:
    """Where machine code is kept: a folder for each state of the sources.

    It is here, or in the folder that NUMBA_CACHE_DIR names. Numba itself looks only at the file
    that a function stands in, not at those it calls.
    """
    here = Path(__file__).parent
    settings: Any = config
    digest = hashlib.sha256()
    for source in sorted(here.glob("*.py")):
        digest.update(source.read_bytes())
    return Path(settings.CACHE_DIR or here / "__pycache__") / digest.hexdigest()[:16]


_FOLDER = str(_folder())


def compiled(function: F) -> F:
    """The function as machine code, made at its first call.

    Numba's reference counts would cost more than the search itself. Without them a function can
    make no arrays, not even a slice of one: it changes those that it is given.
    """
    options: dict[str, Any] = {"nogil": True, "_nrt": False}
    settings: Any = config
    others, settings.CACHE_DIR = settings.CACHE_DIR, _FOLDER
    try:
        result: Any = njit(cache=True, **options)(function)
    except RuntimeError:  # no folder that it could be kept in
        result = njit(**options)(function)
    finally:
        settings.CACHE_DIR = others
    return result
