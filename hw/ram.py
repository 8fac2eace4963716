"""How many blocks of RAM a memory takes, as Yosys decides it (its pass memory_libmap)."""

from mulbudget.hw.families import Family

_BLOCKS = {
    "ecp5": ((1, 16384), (2, 8192), (4, 4096), (9, 2048), (18, 1024), (36, 512)),
    "ice40": ((2, 2048), (4, 1024), (8, 512), (16, 256)),
    "gowin": ((1, 16384), (2, 8192), (4, 4096), (9, 2048), (18, 1024), (36, 512)),
}
"""Bits and words of a block."""

_COST = {"ecp5": 128, "ice40": 64, "gowin": 128}
"""Of a block; a bit in flip-flops is 1, one of a table in LUTs a sixteenth."""

_LUT_RAM = {"ecp5": (4, 16, 4), "gowin": (4, 16, 4)}
"""Bits, words and cost of a RAM in LUTs."""


def ram_blocks(family: Family, words: int, bits: int, *, table: bool) -> int:
    """Blocks of a memory with one writer and one reader, or of a table; 0 where it is logic.

    Parameters
    ----------
    family : Family
    words, bits : int
        Of the memory; bits of a word.
    table : bool
        Whether nothing writes to it.
    """
    if words < 2 or not bits:
        return 0
    blocks = min(-(-bits // wide) * -(-words // deep) for wide, deep in _BLOCKS[family.cells])
    logic = bits * words / 16 if table else bits * words
    if family.cells in _LUT_RAM and not table:
        wide, deep, cost = _LUT_RAM[family.cells]
        logic = min(logic, -(-words // deep) * bits / wide * cost)
    return 0 if logic <= blocks * _COST[family.cells] else blocks


def lut_ram(family: Family, words: int) -> int:
    """What a bit of a memory takes that is no block: RAM in LUTs, or a flip-flop for each word."""
    if family.cells not in _LUT_RAM:
        return words
    return -(-words // _LUT_RAM[family.cells][1])
