"""Sweeps of real trainings: what is done is not done again, and what is damaged is."""

import shutil
from pathlib import Path

import pytest

from mulbudget.spn import UserError
from mulbudget.sweep.results import read_result, result_path
from mulbudget.sweep.run import Remaining, do, draw, remaining
from mulbudget.sweep.work import Done, Failed, Progress
from mulbudget.train.run import train
from tests.sweep.conftest import BOARD, tiny_grid

OUTPUTS = ("sweep.svg", "sweep.csv", "runs.csv")


def stages(left: Remaining) -> list[tuple[str, str]]:
    """Do what remains, and give which run was at which stage."""
    events = [(job.name, event) for job, event in do(left, processes=2)]
    assert not [event for _, event in events if isinstance(event, Failed)]
    seen = [(name, event.stage) for name, event in events if isinstance(event, Progress)]
    return sorted(set(seen))


def test_a_run_is_what_train_gives(made: Path, tmp_path: Path) -> None:
    job = tiny_grid(tmp_path)[-1]
    train(job.recipe, tmp_path / "alone", seed=1, multipliers=7)
    assert {path.name for path in (made / "7-1").iterdir()} == {
        *(path.name for path in (tmp_path / "alone").iterdir()),
        f"{BOARD}.json",
    }
    for name in ("network.spn", "curve.png"):
        assert (made / "7-1" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


def test_a_finished_sweep_has_nothing_left_and_the_same_outputs(swept: Path, made: Path) -> None:
    left = remaining(tiny_grid(swept))
    assert sorted(left.done) == ["4-0", "4-1", "7-0", "7-1"]
    assert not left.to_train + left.to_plan + left.notes
    for name in OUTPUTS:
        (swept / name).unlink()
    draw(swept, "digits", BOARD)
    for name in OUTPUTS:
        assert (swept / name).read_bytes() == (made / name).read_bytes()


def test_another_board_is_planned_without_training(swept: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in swept.glob("*/network.spn")}
    jobs = tiny_grid(swept, seeds=1, board="icebreaker")
    left = remaining(jobs)
    assert [job.name for job in left.to_plan] == ["4-0", "7-0"]
    assert not left.to_train
    assert stages(left) == [("4-0", "planning"), ("7-0", "planning")]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    outcome = draw(swept, "digits", "icebreaker")
    assert [len(point.results) for point in outcome.points] == [1, 1]
    assert read_result(swept / "4-0", BOARD) is not None


def test_what_is_new_is_added(swept: Path) -> None:
    left = remaining(tiny_grid(swept, budgets=(4, 9), seeds=1))
    assert list(left.done) == ["4-0"]
    assert ("9-0", "ternary") in stages(left)
    outcome = draw(swept, "digits", BOARD)
    assert [(point.budget, len(point.results)) for point in outcome.points] == [
        (4, 2),
        (7, 2),
        (9, 1),
    ]


def test_what_is_damaged_is_done_again(swept: Path, made: Path) -> None:
    result_path(swept / "4-0", BOARD).write_text("{")
    (swept / "7-1" / "network.spn").write_bytes(b"")
    left = remaining(tiny_grid(swept))
    assert [job.name for job in left.to_plan] == ["4-0"]
    assert [job.name for job in left.to_train] == ["7-1"]
    assert [note.rpartition(": ")[2] for note in left.notes] == [
        "it is planned again",
        "it is trained again",
    ]
    stages(left)
    for name in ("4-0/ulx3s-25f.json", "7-1/ulx3s-25f.json", "7-1/network.spn"):
        assert (swept / name).read_bytes() == (made / name).read_bytes()


def test_damaged_results_of_others_are_left_out_of_the_front(swept: Path) -> None:
    shutil.copytree(swept / "7-0", swept / "30-0")
    outcome = draw(swept, "digits", BOARD)
    assert [point.budget for point in outcome.points] == [4, 7]
    [sentence] = outcome.left_out
    assert "is of run 7-0" in sentence
    assert "it is left out" in sentence


def test_a_network_that_does_not_fit_says_why(tmp_path: Path) -> None:
    settings = ("hidden=900", "r=2000,200", "activation_bits=16", "teacher_epochs=1")
    [job] = tiny_grid(tmp_path, budgets=(2200,), seeds=1, board="icebreaker", settings=settings)
    *_, (_, last) = do(remaining([job]), processes=1)
    assert isinstance(last, Done)
    assert last.result.fit is None
    assert "does not fit on icebreaker: it takes" in str(last.result.reason)
    assert read_result(job.folder, "icebreaker") == last.result
    [point] = draw(tmp_path, "digits", "icebreaker").points
    assert (len(point.results), point.fitting) == (1, 0)


def test_a_run_of_other_settings_in_the_folder_is_refused(swept: Path) -> None:
    with pytest.raises(UserError, match="4-0 holds a run with batch=256, and this sweep has"):
        remaining(tiny_grid(swept, settings=("batch=128",)))
