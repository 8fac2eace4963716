"""The folder of a sweep belongs to one recipe with one set of settings."""

import multiprocessing
from pathlib import Path

import pytest

from mulbudget.spn import UserError
from mulbudget.sweep.folder import FILE, Sweep, claimed, describe
from mulbudget.train.recipes import RECIPES
from mulbudget.train.settings import override

SETTINGS = ["batch=64", "r = 18,10"]


def sweep(
    *settings: str, recipe: str = "digits", device: str = "cpu", board: str = "icebreaker"
) -> Sweep:
    return describe(override(RECIPES[recipe], settings), settings, device, board)


def test_it_says_what_it_is(tmp_path: Path) -> None:
    with claimed(tmp_path / "new" / "sweep", sweep(*SETTINGS, device="cuda:1")):
        pass
    text = (tmp_path / "new" / "sweep" / FILE).read_text()
    for part in ('"digits"', '"batch": "64"', '"r": "18,10"', '"device": "cuda"', '"icebreaker"'):
        assert part in text


def test_the_same_sweep_goes_on_for_any_board(tmp_path: Path) -> None:
    for settings, board in (
        (SETTINGS, "icebreaker"),
        (SETTINGS[::-1], "icebreaker"),
        (["batch=1", *SETTINGS], "tang-nano-9k"),
    ):
        with claimed(tmp_path, sweep(*settings, board=board)):
            assert f'"board": "{board}"' in (tmp_path / FILE).read_text()


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (sweep(*SETTINGS, recipe="mnist"), "it is of recipe digits, not mnist"),
        (sweep("batch=32", "r=18,10"), "it sets batch=64, and this command sets batch=32"),
        (sweep("batch=64"), "it sets r=18,10, and this command leaves r as the recipe has it"),
        (
            sweep(*SETTINGS, "copies=3"),
            "it leaves copies as the recipe has it, and this command sets copies=3",
        ),
        (sweep(*SETTINGS, device="cuda"), "it was trained on cpu, not on cuda"),
    ],
)
def test_another_sweep_is_refused_and_the_difference_named(
    tmp_path: Path, other: Sweep, difference: str
) -> None:
    with claimed(tmp_path, sweep(*SETTINGS)):
        before = (tmp_path / FILE).read_bytes()
    with pytest.raises(UserError, match=difference), claimed(tmp_path, other):
        pytest.fail("it was not refused")
    assert (tmp_path / FILE).read_bytes() == before


def test_a_file_or_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "network.spn").touch()
    for out, sentence in ((tmp_path / "file", "is a file"), (tmp_path, "holds no sweep")):
        with pytest.raises(UserError, match=sentence), claimed(out, sweep()):
            pytest.fail("it was not refused")
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format": "mulbudget-sweep"', b"\xff"])
def test_a_damaged_description_is_no_description(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(UserError, match=r"sweep\.json is damaged"), claimed(tmp_path, sweep()):
        pytest.fail("it was not refused")
    assert (tmp_path / FILE).read_bytes() == content


def test_one_process_works_in_a_folder_at_a_time(tmp_path: Path) -> None:
    with claimed(tmp_path, sweep()), multiprocessing.get_context("spawn").Pool(1) as pool:
        assert "another sweep is at work" in pool.apply(_claim, [tmp_path])
    assert _claim(tmp_path) == "claimed"


def _claim(out: Path) -> str:
    try:
        with claimed(out, sweep()):
            return "claimed"
    except UserError as error:
        return str(error)
