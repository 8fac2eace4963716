"""What the accuracy of a network is drawn beside."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.random_networks import dense
from mulbudget.report.runs import run_beside, teacher_of
from mulbudget.spn import UserError, network_counts, save
from tests.networks import example
from tests.report.facts import named, small


def metrics(folder: Path, **changes: Any) -> Path:
    counts = network_counts(small())
    content = {
        "recipe": "none",
        "test_accuracy": 0.9725,
        "multiplications": counts.multiplications,
        "dense_multiplications": counts.dense_multiplications,
        "teacher_accuracy": 0.9908,
        "widths": [64, 24, 10],
        "settings": {"teacher_width": 100, "teachers": 1, "more": []},
    }
    path = folder / "metrics.json"
    path.write_text(json.dumps(content | changes))
    return path


def test_a_wide_teacher_has_the_multiplications_of_its_own_layers(tmp_path: Path) -> None:
    teacher = teacher_of(metrics(tmp_path), small())
    assert teacher is not None
    assert (teacher.accuracy, teacher.multiplications) == (0.9908, 6400 + 10000 + 1000)


def test_a_teacher_of_images_is_the_dense_twin(tmp_path: Path) -> None:
    path = metrics(tmp_path, widths=None, settings={"teachers": 2})
    teacher = teacher_of(path, small())
    assert teacher is not None
    assert teacher.multiplications == 2 * network_counts(small()).dense_multiplications
    assert teacher.what == "2 together, the same layers in full precision"


def test_there_may_be_no_teacher(tmp_path: Path) -> None:
    assert teacher_of(metrics(tmp_path, teacher_accuracy=None), small()) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"test_accuracy": 0.9}, "is of another network"),
        ({"multiplications": 1}, "is of another network"),
        ({"test_accuracy": "high"}, "is not what `mulbudget train` writes"),
        ({"teacher_accuracy": 1e308}, "is not what `mulbudget train` writes"),
        ({"settings": {"teachers": -1}}, "is not what `mulbudget train` writes"),
        ({"settings": {"teacher_width": 0}}, "is not what `mulbudget train` writes"),
    ],
)
def test_metrics_of_another_network_are_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        teacher_of(metrics(tmp_path, **changes), small())


def test_a_run_is_a_file_or_a_folder_and_has_the_folders_name(tmp_path: Path) -> None:
    folder = tmp_path / "wide"
    folder.mkdir()
    other = dense((64, 30, 10), density=0.5)
    save(named(other, {"recipe": "r", "seed": 7, "test_accuracy": 0.5}), folder / "network.spn")
    for path in (folder, folder / "network.spn"):
        run = run_beside(path, small())
        assert (run.title, run.what, run.accuracy) == ("wide", "recipe r, seed 7", 0.5)
        assert run.multiplications == network_counts(other).multiplications


def test_a_run_without_an_accuracy_is_refused(tmp_path: Path) -> None:
    save(named(small(), {}), tmp_path / "network.spn")
    with pytest.raises(UserError, match=r"--beside .* says no test_accuracy"):
        run_beside(tmp_path, small())


def test_a_run_that_does_something_else_is_refused(tmp_path: Path) -> None:
    save(named(example(), {"test_accuracy": 0.5}), tmp_path / "network.spn")
    with pytest.raises(UserError, match=r"makes 1 of 3 numbers, and dense 1 of 64: .* comparable"):
        run_beside(tmp_path, small())


def test_a_folder_without_a_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*network\.spn"):
        run_beside(tmp_path, small())
