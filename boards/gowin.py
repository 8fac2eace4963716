"""Amaranth's Gowin platforms, built with the tools of today.

Amaranth 0.5 calls nextpnr-gowin, which is no longer made; nextpnr-himbaechel takes its place, with
other options.
"""

from typing import Any

_CHIPS = {"GW2A-LV18PG256C8/I7": "GW2A-18"}
"""Chip databases where amaranth-boards names another: the Tang Primer 20K carries no C version."""

# The limit on attempts to place a cell makes a network that does not fit fail in seconds, not in
# minutes.
_COMMANDS = (
    """
    {{invoke_tool("yosys")}}
        {{quiet("-q")}}
        -l {{name}}.rpt
        {{name}}.ys
    """,
    """
    {{invoke_tool("nextpnr-himbaechel")}}
        {{quiet("--quiet")}}
        {{get_override("nextpnr_opts")|options}}
        --placer-heap-cell-placement-timeout 100
        --log {{name}}.tim
        --device {{platform.part}}
        --vopt family={{platform._chipdb_device}}
        --vopt cst={{name}}.cst
        --json {{name}}.syn.json
        --write {{name}}.pnr.json
    """,
    """
    {{invoke_tool("gowin_pack")}}
        -d {{platform._chipdb_device}}
        {{get_override("gowin_pack_opts")|options}}
        -o {{name}}.fs
        {{name}}.pnr.json
    """,
)


def with_himbaechel(platform: Any) -> Any:
    """A class like `platform`, a `GowinPlatform`, that calls nextpnr-himbaechel."""

    class HimbaechelPlatform(platform):
        required_tools = ("yosys", "nextpnr-himbaechel", "gowin_pack")
        command_templates = _COMMANDS

        def __init__(self) -> None:
            super().__init__(toolchain="Apicula")

        @property
        def _chipdb_device(self) -> str:
            return _CHIPS.get(self.part) or super()._chipdb_device

    return HimbaechelPlatform
