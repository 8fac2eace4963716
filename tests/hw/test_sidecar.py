"""The sidecar is read as it was written, and a file that is none is one sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mulbudget.hw.plan import make_plan
from mulbudget.hw.sidecar import Channel, Sidecar, Stream, load
from mulbudget.hw.verilog import write
from mulbudget.spn import UserError
from tests.networks import example


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sidecar]:
    folder = tmp_path_factory.mktemp("example")
    return folder / "example.json", write(example(), make_plan(example()), folder)


def test_what_is_written_is_read(written: tuple[Path, Sidecar]) -> None:
    path, sidecar = written
    assert load(path) == sidecar


def stream(content: dict[str, Any]) -> dict[str, Any]:
    return content["inputs"][0]


def channel(content: dict[str, Any], index: int) -> dict[str, Any]:
    return stream(content)["channels"][index]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda it: it.update(version=1, new=0), "is of version 1, and this mulbudget reads ver"),
        (lambda it: it.update(new=0), "unknown field `new`"),
        (lambda it: it.pop("latency"), "missing required field `latency`"),
        (lambda it: it.update(format="spn"), "Invalid enum value"),
        (lambda it: stream(it).update(new=0), "unknown field `new`"),
        (lambda it: channel(it, 1).update(offset=4), "i channel 1 has 3 bits from bit 4 on"),
        (lambda it: it["output"]["channels"][0].update(width=0), "o channel 0 has 0 bits from"),
        (lambda it: stream(it)["channels"].pop(0), r"i has 2 channels for blocks \[3\], not 3"),
        (lambda it: it["inputs"].pop(0), "has the streams o, not one or more inputs and an output"),
        (lambda it: it["inputs"].append(it["inputs"][0]), "has the streams i, i, o, not one"),
        (lambda it: stream(it).update(name="o"), "has the streams o, o, not one"),
        (lambda it: stream(it).update(name="1i"), "stream name '1i' is not a letter followed"),
        (lambda it: stream(it).update(name="wire"), "stream name 'wire' is a keyword"),
        (lambda it: stream(it).update(shape=[1, 3]), r"i has blocks \[3\] of a tensor \[1, 3\]"),
        (lambda it: stream(it).update(shape=[], block=[]), r"i has blocks \[\] of a tensor \[\]"),
        (lambda it: stream(it).update(shape=[0]), r"i has blocks \[3\] of a tensor \[0\], not as"),
        (lambda it: stream(it).update(block=[-3]), r"i has blocks \[-3\] of a tensor \[3\]"),
        (
            lambda it: (stream(it).update(shape=[4]), channel(it, 2).update(low=1)),
            r"i channel 2 is 1 to \d+, and blocks \[3\] reach beyond a tensor \[4\]",
        ),
    ],
)
def test_another_form_is_named(
    written: tuple[Path, Sidecar],
    tmp_path: Path,
    change: Callable[[dict[str, Any]], object],
    message: str,
) -> None:
    content = json.loads(written[0].read_text())
    change(content)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"[", b"[]", b"\xff", b"[" * 10**6])
def test_what_is_no_sidecar(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(UserError, match=r"x.json does not describe generated Verilog"):
        load(tmp_path / "x.json")


def test_a_tensor_is_cut_into_blocks() -> None:
    stream = Stream("a", [3, 5], [2, 2], [Channel(k, 1, False, 0, 1) for k in range(4)])
    assert (stream.entries, stream.blocks, stream.beats) == (15, [2, 3], 6)


def test_zeros_beyond_the_edge_need_no_more_than_a_range_with_zero(
    written: tuple[Path, Sidecar], tmp_path: Path
) -> None:
    content = json.loads(written[0].read_text())
    stream(content).update(shape=[4])
    for each in stream(content)["channels"]:
        each.update(low=min(each["low"], 0), high=max(each["high"], 0))
    path = tmp_path / "padded.json"
    path.write_text(json.dumps(content))
    assert load(path).inputs[0].beats == 2


@pytest.mark.parametrize(("shape", "block"), [([1 << 23], [1]), ([1, 1 << 22], [3, 1])])
def test_a_sample_that_no_network_has_is_refused(
    written: tuple[Path, Sidecar], tmp_path: Path, shape: list[int], block: list[int]
) -> None:
    content = json.loads(written[0].read_text())
    stream(content).update(shape=shape, block=block)
    path = tmp_path / "large.json"
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"beats of blocks .* at most 4,194,304 entries"):
        load(path)
