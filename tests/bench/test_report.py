import json
from pathlib import Path

import pytest

from bench.report import Row, report

ROWS: list[Row] = [
    {"matrix": "a", "family": "one", "ratio": 0.5, "error": -0.1},
    {"matrix": "b", "family": "one", "ratio": 2.0, "error": 0.02},
    {"matrix": "c", "family": "two", "ratio": 1.0, "error": 0.0},
]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (
            None,
            [
                "ratio: geometric mean 1.0000; of 3, 1 fewer, 1 as many, 1 more",
                "error: 4.00% in the mean, 10.00% at most",
            ],
        ),
        (
            "family",
            [
                "one, ratio: geometric mean 1.0000; of 2, 1 fewer, 0 as many, 1 more",
                "one, error: 6.00% in the mean, 10.00% at most",
                "two, ratio: geometric mean 1.0000; of 1, 0 fewer, 1 as many, 0 more",
                "two, error: 0.00% in the mean, 0.00% at most",
            ],
        ),
    ],
)
def test_columns_are_summed_up_for_each_group(
    by: str | None, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report("figures", ROWS, by)
    assert (tmp_path / "build/bench/figures.md").read_text().splitlines()[-len(expected) :] == (
        expected
    )
    assert json.loads((tmp_path / "build/bench/figures.json").read_text()) == ROWS
