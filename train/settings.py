"""Fields of a recipe, changed by what a user writes."""

import difflib
import types
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar, get_args, get_origin

from mulbudget.spn import UserError
from mulbudget.train.recipe import Recipe, settings

_Kind = TypeVar("_Kind", bound=Recipe)


def override(recipe: _Kind, assignments: Sequence[str]) -> _Kind:
    """The recipe with some fields changed.

    Parameters
    ----------
    recipe : Recipe
    assignments : sequence of str
        Each NAME=VALUE; values of a tuple are separated by commas.

    Raises
    ------
    UserError
        When a field does not exist, with the nearest name, or a value does not fit it.
    """
    known = settings(type(recipe))
    changes = {}
    for assignment in assignments:
        name, equals, text = (part.strip() for part in assignment.partition("="))
        if not equals:
            raise UserError(f"{assignment!r} sets nothing: write NAME=VALUE")
        if name not in known:
            raise UserError(f"recipes have no field {name!r}{nearest(name, known)}")
        changes[name] = _parsed(name, text, known[name][0])
    return replace(recipe, **changes)


def _parsed(name: str, text: str, kind: Any) -> Any:
    if isinstance(kind, types.GenericAlias):
        parts = [part.strip() for part in text.split(",")] if text else []
        return tuple(_parsed(name, part, get_args(kind)[0]) for part in parts)
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise UserError(f"recipe field {name}: no {text!r}{nearest(text, get_args(kind))}")
        return text
    try:
        return kind(text)
    except ValueError as error:
        what = "an integer" if kind is int else "a number"
        raise UserError(f"recipe field {name}: {text!r} is not {what}") from error


def nearest(name: str, known: Sequence[str] | dict[str, Any]) -> str:
    """The end of a sentence that says what a wrong name may have meant."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f": did you mean {close[0]}?" if close else f": there are {', '.join(known)}"
