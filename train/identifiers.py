"""Names for the tensors of a network, made from those of modules."""

import re
from collections.abc import Iterable

from torch import nn

from mulbudget.spn import Network, UserError
from mulbudget.spn.names import check_name

_LONGEST = 56
"""So that a number still fits behind it."""


class Identifiers:
    """Gives each name once, as a Verilog identifier."""

    def __init__(self) -> None:
        self.taken = {Network.INPUT, "argmax", *dir(nn.ModuleDict())}

    def new(self, name: str) -> str:
        """`name`, with underscores for what cannot stand in it, and a number where it is taken."""
        plain = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_")[:_LONGEST] or "part"
        plain = plain if plain[0].isalpha() else f"layer_{plain}"
        chosen = next(each for each in _numbered(plain) if self._is_free(each))
        self.taken.add(chosen)
        return chosen

    def _is_free(self, name: str) -> bool:
        try:
            check_name(name, "module")
        except UserError:
            return False
        return name not in self.taken


def _numbered(name: str) -> Iterable[str]:
    yield name
    number = 1
    while True:
        number += 1
        yield f"{name}_{number}"
