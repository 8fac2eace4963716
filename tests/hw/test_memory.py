"""Memories of bitstreams: blocks of RAM, and nothing beside them for words read while written."""

import json
from pathlib import Path

import pytest
from amaranth.back import rtlil
from amaranth.lib import data

from mulbudget.boards.build import MEMORIES
from mulbudget.hw.queue import Queue
from mulbudget.sim.tools import find


@pytest.mark.parametrize(
    ("synth", "flip_flop"), [("synth_ice40", "SB_DFF"), ("synth_ecp5", "TRELLIS_FF")]
)
def test_a_word_that_is_read_while_it_is_written_takes_no_flip_flops(
    synth: str, flip_flop: str, tmp_path: Path
) -> None:
    bits, depth = 40, 200
    queue = Queue(data.StructLayout({"c0": bits}), depth)
    (tmp_path / "queue.il").write_text(rtlil.convert(queue, name="top"))
    script = f"read_rtlil queue.il; {MEMORIES}; {synth} -top top; write_json netlist.json"
    find("yosys").run("-q", "-p", script, folder=tmp_path)
    cells = json.loads((tmp_path / "netlist.json").read_text())["modules"]["top"]["cells"]
    kinds = [cell["type"] for cell in cells.values()]
    assert sum(kind in ("SB_RAM40_4K", "DP16KD") for kind in kinds) >= 2
    # Two addresses, the level, and whether a word is in the output register.
    assert sum(kind.startswith(flip_flop) for kind in kinds) == 3 * depth.bit_length() + 1
