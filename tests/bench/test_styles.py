"""The bench of styles counts every style of every dense layer."""

import json
from pathlib import Path

import pytest

from bench import report, styles
from mulbudget.spn import save
from tests.networks import example


def test_every_style_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    save(example(), tmp_path / "example.spn")
    styles.main(tmp_path / "example.spn", family="ice40-hx")
    rows = json.loads((tmp_path / "styles.json").read_text())
    assert {row["layer"] for row in rows} == {"fc1", "fc2"}
    assert all(row["LUTs"] > 0 for row in rows)
    by_style = {row["style"]: row["clocks"] for row in rows if row["layer"] == "fc1"}
    assert by_style["parallel"] == 1 < by_style["serial:1"]
    assert by_style["folded:1"] == 3
