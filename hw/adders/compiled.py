"""How functions are compiled: once, and kept beside the source for the next run."""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code, made at its first call.

    Numba's reference counts would cost more than the search itself. Without them a function can
    make no arrays, not even a slice of one: it changes those that it is given.
    """
    options: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
    result: Any = njit(**options)(function)
    return result
