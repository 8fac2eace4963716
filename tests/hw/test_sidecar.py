"""The sidecar is read as it was written, and a file that is none is one sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mulbudget.hw.plan import make_plan
from mulbudget.hw.sidecar import Sidecar, load
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda it: it.update(version=2, new=0), "is of version 2, and this mulbudget reads ver"),
        (lambda it: it.update(new=0), "unknown field `new`"),
        (lambda it: it.pop("latency"), "missing required field `latency`"),
        (lambda it: it.update(format="spn"), "Invalid enum value"),
        (lambda it: it["input"][1].update(offset=4), "input channel 1 has 3 bits from bit 4 on"),
        (lambda it: it["output"][0].update(width=0), "output channel 0 has 0 bits from bit 0 on"),
        (lambda it: it["input"].pop(0), "input channel 0 has 3 bits from bit 3 on"),
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
