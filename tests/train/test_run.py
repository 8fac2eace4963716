"""Whole runs, on a recipe that ends in a moment."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from mulbudget.spn import UserError, load, network_counts
from mulbudget.train import data as data_sets
from mulbudget.train.recipe import Recipe
from mulbudget.train.recipes import find_recipe
from mulbudget.train.run import train
from mulbudget.train.settings import override
from tests.train.conftest import ALIKE, TINY

NO_EPOCHS = [f"{stage}_epochs=0" for stage in ("teacher", "full", "ternary", "frozen")]
FILES = {"network.spn", "metrics.json", "curve.png"}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def network_bytes(folder: Path) -> bytes:
    return (folder / "network.spn").read_bytes()


def interrupt_at(stage: str, epoch: int) -> Callable[..., None]:
    def watch(name: str, done: int, *_: object) -> None:
        if (name, done) == (stage, epoch):
            raise KeyboardInterrupt

    return watch


def test_a_run_writes_three_files_that_agree(tiny: Recipe, tmp_path: Path) -> None:
    seen = []
    result = train(tiny, tmp_path, watch=lambda *event: seen.append(event[:3]))
    assert names(tmp_path) == FILES
    network = load(tmp_path / "network.spn")
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    counts = network_counts(network)
    assert metrics["multiplications"] == counts.multiplications == 7
    assert metrics["dense_multiplications"] == 64 * 6 + 6 * 10
    assert metrics["additions"] == counts.additions
    assert metrics["seconds"] > 0
    x, labels = data_sets.test_set(network.provenance)
    accuracy = float((network.run(x)[:, 0] == labels).mean())
    assert metrics["test_accuracy"] == accuracy == network.provenance["test_accuracy"]
    assert network.name == "digits"
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert metrics == json.loads(json.dumps(result.metrics))
    stages = {"teacher 1": 2, "teacher 2": 2, "full": 2, "ternary": 3, "frozen": 2}
    expected = [(name, epoch, n) for name, n in stages.items() for epoch in range(n + 1)]
    assert seen == expected


def test_training_learns(tiny: Recipe, tmp_path: Path) -> None:
    longer = ["hidden=16", "r=12,8", "full_epochs=15", "ternary_epochs=15", "frozen_epochs=5"]
    result = train(override(tiny, [*longer, "distillation=0", "batch=64"]), tmp_path)
    assert result.metrics["test_accuracy"] > 0.7  # a guess has 0.1
    assert result.metrics["teacher_accuracy"] is None


@pytest.mark.parametrize(
    ("stage", "epoch"),
    [("teacher 1", 1), ("teacher 2", 2), ("full", 1), ("full", 2), ("ternary", 2), ("frozen", 1)],
)
def test_a_resumed_run_ends_with_the_same_bytes(
    tiny: Recipe, tmp_path: Path, whole: bytes, stage: str, epoch: int
) -> None:
    with pytest.raises(KeyboardInterrupt, match="the same command continues"):
        train(tiny, tmp_path, watch=interrupt_at(stage, epoch))
    assert names(tmp_path) == {"checkpoint.pt"}
    said = []
    train(tiny, tmp_path, say=said.append)
    assert said == [f"continues after epoch {epoch} of stage {stage}"]
    assert names(tmp_path) == FILES
    assert network_bytes(tmp_path) == whole


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What an uninterrupted run writes."""
    folder = tmp_path_factory.mktemp("whole")
    train(override(find_recipe("digits"), TINY), folder)
    return network_bytes(folder)


def test_a_checkpoint_of_other_settings_is_not_continued(
    tiny: Recipe, tmp_path: Path, whole: bytes
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(tiny, tmp_path, seed=1, watch=interrupt_at("full", 1))
    said = []
    train(tiny, tmp_path, say=said.append)
    assert len(said) == 1
    assert "of a run with other settings" in said[0]
    assert network_bytes(tmp_path) == whole


def test_an_interrupt_before_the_first_epoch_keeps_nothing(tiny: Recipe, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        train(tiny, tmp_path, watch=interrupt_at("teacher 1", 0))
    assert not caught.value.args
    assert not names(tmp_path)


def test_the_same_seed_gives_the_same_bytes_in_another_process(
    tmp_path: Path, whole: bytes
) -> None:
    script = (
        "import sys; from pathlib import Path; from mulbudget.train.run import train;"
        "from mulbudget.train.recipes import find_recipe;"
        "from mulbudget.train.settings import override;"
        f"train(override(find_recipe('digits'), {TINY!r}), Path(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "123", "OMP_NUM_THREADS": "2"}
    words = [sys.executable, "-c", script, str(tmp_path / "a" / "b")]
    subprocess.run(words, check=True, env=environment)
    assert network_bytes(tmp_path / "a" / "b") == whole


def test_another_seed_gives_another_network(tiny: Recipe, tmp_path: Path, whole: bytes) -> None:
    train(tiny, tmp_path, seed=1)
    assert network_bytes(tmp_path) != whole


def test_a_finished_network_is_replaced(tiny: Recipe, tmp_path: Path) -> None:
    train(tiny, tmp_path, multipliers=5)
    train(tiny, tmp_path, r=[3, 3])
    assert network_counts(load(tmp_path / "network.spn")).multiplications == 6


@pytest.mark.parametrize(
    "settings",
    [
        NO_EPOCHS,
        ["wc=identity", "r=6,10", "quantizer=fixed", "wb_threshold=0.5", "ternary_ramp=0"],
        [
            "hidden=",
            "r=5",
            "wb_sparsity=0.1",
            "wc_sparsity=0.2",
            "degrees=0",
            "pixels=0",
            "zoom=0",
            "copies=1",
        ],
        ["hidden=5,4", "r=2,3,4", "input_bits=1", "bias_places=0", "teacher_dropout=0"],
    ],
)
def test_every_kind_of_recipe_runs_to_its_end(
    tiny: Recipe, tmp_path: Path, settings: list[str]
) -> None:
    train(override(tiny, settings), tmp_path)
    assert names(tmp_path) == FILES


def test_the_sparsity_penalty_saves_additions(tiny: Recipe, tmp_path: Path) -> None:
    longer = ["full_epochs=8", "ternary_epochs=8", "distillation=0", "quantizer=fixed"]
    base = override(tiny, [*longer, "wb_threshold=0.3", "wc_threshold=0.3"])
    dense = train(base, tmp_path / "dense").metrics["additions"]
    sparse = train(override(base, ["wb_sparsity=1"]), tmp_path / "sparse").metrics["additions"]
    assert sparse < dense


@pytest.mark.parametrize("stage", ["teacher", "full", "ternary", "frozen"])
def test_a_diverging_run_names_step_and_layer(tiny: Recipe, tmp_path: Path, stage: str) -> None:
    field = f"{stage}_rate=1e38"
    with pytest.raises(UserError, match=rf"stage {stage}.* at step [\d,]+, from layer \d on"):
        train(override(tiny, [field]), tmp_path)
    assert not names(tmp_path) & FILES


def test_mnist_files_train_too(data_dir: Path, tmp_path: Path) -> None:
    settings = ["hidden=4", "r=4,10", "wc=identity", *NO_EPOCHS, "frozen_epochs=1", "copies=1"]
    plain = ["degrees=0", "pixels=0", "zoom=0", "distillation=0", "batch=5000"]
    recipe = override(find_recipe("mnist"), [*ALIKE, *settings, *plain])
    result = train(recipe, tmp_path, data_dir=data_dir)
    x, labels = data_sets.test_set(load(tmp_path / "network.spn").provenance, data_dir)
    right = result.network.run(x)[:, 0] == labels
    assert result.metrics["test_accuracy"] == float(np.mean(right))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"seed": -1}, "seed is -1: give 0 to"),
        ({"device": "gpu"}, "no device 'gpu': use cpu"),
        ({"device": "meta"}, "cannot train exactly"),
        ({"device": "cuda:99"}, "no device 'cuda:99': PyTorch finds"),
        ({"multipliers": 0}, "a budget of 0"),
        ({"r": [1]}, "r has 1 values"),
    ],
)
def test_wrong_arguments_are_one_sentence_and_leave_nothing(
    tiny: Recipe, tmp_path: Path, options: dict, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        train(tiny, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(tiny: Recipe, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot make folder"):
        train(tiny, tmp_path / "file" / "out")


def test_pytorch_is_left_as_it_was(tiny: Recipe, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    before = threads, torch.are_deterministic_algorithms_enabled(), torch.get_rng_state().tolist()
    train(override(tiny, [f"threads={threads + 1}", *NO_EPOCHS]), tmp_path)
    after = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    assert (*after, torch.get_rng_state().tolist()) == before
