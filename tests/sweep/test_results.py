"""Results are stored in small files, which are not trusted when they are read."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mulbudget.spn import UserError, load, network_counts
from mulbudget.sweep.results import (
    DamagedError,
    read_result,
    result_path,
    stored_results,
    trained_network,
    write_result,
)
from mulbudget.train.settings import override
from tests.sweep.conftest import BOARD, tiny_grid


def test_a_result_says_what_was_trained_and_planned(made: Path) -> None:
    result = read_result(made / "7-1", BOARD)
    network = load(made / "7-1" / "network.spn")
    assert result is not None
    assert result.fit is not None
    assert result.accuracy == network.provenance["test_accuracy"]
    assert result.multiplications == network_counts(network).multiplications == 7
    assert (result.budget, result.seed, result.board) == (7, 1, BOARD)
    assert result.fit.samples_per_second == 25e6 / result.fit.interval
    assert set(result.fit.styles) == {"layer1", "layer2"}


def test_what_is_written_is_read(made: Path, tmp_path: Path) -> None:
    result = read_result(made / "4-0", BOARD)
    assert result is not None
    folder = tmp_path / "4-0"
    folder.mkdir()
    shutil.copy(made / "4-0" / "network.spn", folder)
    write_result(folder, result)
    assert read_result(folder, BOARD) == result
    assert result_path(folder, BOARD).read_bytes() == result_path(made / "4-0", BOARD).read_bytes()
    assert read_result(folder, "icebreaker") is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"accuracy": 1.5}, "accuracy"),
        ({"accuracy": "0.9"}, "accuracy"),
        ({"version": 2}, "version"),
        ({"format": "mulbudget-sweep"}, "format"),
        ({"surplus": 1}, "surplus"),
        ({"fit": None}, "either it fits"),
        ({"reason": "too large"}, "either it fits"),
        ({"budget": 0}, "budget"),
        ({"budget": 8}, "is of run 8-0"),
        ({"seed": 3}, "is of run 4-3"),
        ({"board": "icebreaker"}, "is of run 4-0 on icebreaker"),
        ({"network": "0" * 64}, "is of another network"),
    ],
)
def test_a_changed_result_is_refused(swept: Path, changes: dict[str, Any], sentence: str) -> None:
    path = result_path(swept / "4-0", BOARD)
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(UserError, match=sentence):
        read_result(swept / "4-0", BOARD)


def test_a_truncated_result_is_refused_wherever_it_ends(swept: Path) -> None:
    path = result_path(swept / "4-0", BOARD)
    content = path.read_bytes().rstrip()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(UserError, match="damaged"):
            read_result(swept / "4-0", BOARD)
    path.write_bytes(b"\xff" + content)
    with pytest.raises(UserError, match="damaged"):
        read_result(swept / "4-0", BOARD)


def test_a_folder_lists_the_results_of_a_board_in_order(swept: Path) -> None:
    (swept / "notes").mkdir()
    (swept / "12-x").mkdir()
    shutil.copytree(swept / "7-0", swept / "12-0")
    found = list(stored_results(swept, BOARD))
    assert [folder.name for folder, _ in found] == ["4-0", "4-1", "7-0", "7-1", "12-0"]
    assert [folder.name for folder, each in found if isinstance(each, UserError)] == ["12-0"]
    assert list(stored_results(swept, "icebreaker")) == []


def test_a_finished_run_is_recognized(swept: Path) -> None:
    job = tiny_grid(swept)[0]
    network = trained_network(job)
    assert network is not None
    assert network.provenance["seed"] == 0
    (job.folder / "network.spn").unlink()
    assert trained_network(job) is None


def test_a_run_with_other_settings_is_refused(swept: Path) -> None:
    job = tiny_grid(swept)[0]
    other = replace(job, recipe=override(job.recipe, ["batch=64"]))
    with pytest.raises(UserError, match=r"run with batch=256, and this sweep has batch=64"):
        trained_network(other)
    with pytest.raises(UserError, match="with seed 0, not of digits with seed 5"):
        trained_network(replace(job, seed=5))


@pytest.mark.parametrize("name", ["network.spn", "metrics.json"])
def test_damaged_files_are_no_finished_run(swept: Path, name: str) -> None:
    job = tiny_grid(swept)[0]
    path = job.folder / name
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DamagedError, match=re.escape(f"{job.folder} is damaged")):
        trained_network(job)


def test_files_of_two_runs_are_no_finished_run(swept: Path) -> None:
    job, *_, other = tiny_grid(swept)
    shutil.copy(other.folder / "metrics.json", job.folder)
    with pytest.raises(DamagedError, match="are of different runs"):
        trained_network(job)
