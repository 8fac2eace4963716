"""Names that stand in files, in Verilog and in messages."""

import re

from mulbudget.spn.errors import UserError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def check_name(name: str, what: str) -> None:
    """Raise `UserError` unless `name` is a letter, then up to 63 letters, digits or underscores."""
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{what} name {name[:80]!r} is not a letter followed by at most 63 letters, digits or "
            "underscores"
        )
