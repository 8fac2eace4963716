"""Whole runs of convolutional networks, on small images."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mulbudget.spn import UserError, load, network_counts
from mulbudget.train import data as data_sets
from mulbudget.train.recipe import ImageRecipe
from mulbudget.train.recipes import CIFAR10_RESNET20, CIFAR10_SMALL, MNIST_CNN
from mulbudget.train.run import train
from mulbudget.train.settings import override

QUICK = (
    "input_bits=4",
    "channels=4,4,4",
    "r=1",
    "full_epochs=2",
    "ternary_epochs=2",
    "frozen_epochs=2",
    "teacher_epochs=1",
    "copies=2",
    "crop=1",
    "batch=128",
    "threads=1",
)


def quick(recipe: ImageRecipe, *settings: str) -> ImageRecipe:
    """The recipe on digits of 8 by 8 pixels, for a few epochs."""
    return replace(override(recipe, [*QUICK, *settings]), dataset="digits")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What an uninterrupted run writes."""
    folder = tmp_path_factory.mktemp("whole")
    train(quick(MNIST_CNN), folder)
    return (folder / "network.spn").read_bytes()


def interrupt_at(stage: str, epoch: int) -> Callable[..., None]:
    def watch(name: str, done: int, *_: object) -> None:
        if (name, done) == (stage, epoch):
            raise KeyboardInterrupt

    return watch


def test_a_run_writes_files_that_agree(tmp_path: Path) -> None:
    result = train(quick(MNIST_CNN), tmp_path)
    network = load(tmp_path / "network.spn")
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    counts = network_counts(network)
    assert metrics["multiplications"] == counts.multiplications == 16 * 4 * 2 + 4 * 4 + 10
    assert metrics["r"] == [4, 4, 4, 10]
    assert 0 < metrics["teacher_accuracy"] <= 1
    x, labels = data_sets.test_set(network.provenance)
    assert metrics["test_accuracy"] == float((network.run(x)[:, 0] == labels).mean())
    assert network.name == "mnist_cnn"
    assert json.loads(json.dumps(result.metrics)) == metrics


def test_training_learns(tmp_path: Path) -> None:
    settings = ["full_epochs=8", "ternary_epochs=8", "teacher_epochs=0", "distillation=0"]
    recipe = quick(MNIST_CNN, *settings, "channels=8,16,16", "batch=32", "crop=0")
    assert train(recipe, tmp_path).metrics["test_accuracy"] > 0.6  # a guess has 0.1


@pytest.mark.parametrize(("stage", "epoch"), [("teacher 1", 1), ("ternary", 1), ("frozen", 1)])
def test_a_resumed_run_ends_with_the_same_bytes(
    tmp_path: Path, whole: bytes, stage: str, epoch: int
) -> None:
    with pytest.raises(KeyboardInterrupt, match="the same command continues"):
        train(quick(MNIST_CNN), tmp_path, watch=interrupt_at(stage, epoch))
    train(quick(MNIST_CNN), tmp_path)
    assert (tmp_path / "network.spn").read_bytes() == whole


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [
        (CIFAR10_SMALL, ["p=2", "mirror=0.5", "noise=0.1"]),
        (CIFAR10_SMALL, ["g=1,2,2,2,1", "teaching=confidence", "start=weights"]),
        (CIFAR10_RESNET20, ["input_bits=4", "teaching=permuted", "distillation=0.3"]),
        (MNIST_CNN, ["copies=0", "accumulation=3", "compute=bf16", "wb_sparsity=0.1"]),
        (MNIST_CNN, ["teacher_epochs=0", "full_epochs=1", "frozen_epochs=0"]),
    ],
)
def test_every_kind_of_recipe_runs_to_its_end(
    tmp_path: Path, recipe: ImageRecipe, settings: list[str]
) -> None:
    train(quick(recipe, *settings), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "network.spn",
        "metrics.json",
        "curve.png",
    }


def test_each_generation_teaches_the_next_and_a_run_continues_in_any(tmp_path: Path) -> None:
    settings = ["generations=2", "distillation=1", "teacher_epochs=0"]
    recipe, seen = quick(MNIST_CNN, *settings), []
    result = train(recipe, tmp_path / "a", watch=lambda name, *_: seen.append(name))
    stages = [f"{phase} {number}" for number in (1, 2) for phase in ("full", "ternary", "frozen")]
    assert list(dict.fromkeys(seen)) == ["teacher 1", *stages]
    assert result.metrics["phase_accuracies"]["frozen"] is not None
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "b", watch=interrupt_at("ternary 2", 1))
    train(recipe, tmp_path / "b")
    bytes_of = [(tmp_path / name / "network.spn").read_bytes() for name in "ab"]
    assert bytes_of[0] == bytes_of[1]


def test_a_budget_is_kept(tmp_path: Path) -> None:
    settings = ["full_epochs=1", "ternary_epochs=0", "frozen_epochs=0", "distillation=0"]
    train(quick(MNIST_CNN, *settings), tmp_path, multipliers=200)
    assert 150 < network_counts(load(tmp_path / "network.spn")).multiplications <= 200
    train(quick(MNIST_CNN, *settings), tmp_path, r=[1, 2, 3, 10])
    counts = network_counts(load(tmp_path / "network.spn"))
    assert counts.multiplications == 16 * 3 + 4 * 3 + 10


@pytest.mark.parametrize(
    ("settings", "options", "sentence"),
    [
        (["channels=4,4"], {}, "channels has 2 values: give 3"),
        (["r=1,1"], {}, "field r has 2 values for 4 layers"),
        (["r=0.01"], {}, "less than one product"),
        (["g=3"], {}, "do not make 3 groups"),
        ([], {"r": [1]}, "r has 1 values, and recipe mnist-cnn has 4 layers"),
        ([], {"multipliers": 3}, "a budget of 3 multiplications is too small"),
        ([], {"multipliers": 3, "r": [1]}, "exclude each other"),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, settings: list[str], options: dict, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        train(quick(MNIST_CNN, *settings), tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("r=0.5", "layer 1 would stay random, for its 2 products are fewer than the 4 outputs"),
        ("p=2", "layer 1 .* 4 products are fewer than the 16 outputs of a patch"),
        ("g=1,2,1,1", "layer 2 would stay random, for g is not 1"),
        ("start=random", "layer 1 would stay random, for start is random"),
    ],
)
def test_a_layer_that_would_stay_random_is_named(
    tmp_path: Path, setting: str, sentence: str
) -> None:
    only_frozen = ("channels=4,4,4", "full_epochs=0", "ternary_epochs=0", "start=weights")
    with pytest.raises(UserError, match=sentence):
        train(quick(MNIST_CNN, *only_frozen, setting), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_diverging_run_names_step_and_layer(tmp_path: Path) -> None:
    recipe = quick(MNIST_CNN, "full_rate=1e38", "distillation=0")
    with pytest.raises(UserError, match=r"stage full.* at step [\d,]+, from layer \w+ on"):
        train(recipe, tmp_path)
