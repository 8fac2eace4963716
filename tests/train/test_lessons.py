"""What a step of a network learns from."""

import pytest
import torch
from torch import Tensor

from mulbudget.train.distill import confidence_weighted, distillation
from mulbudget.train.lessons import Lessons
from mulbudget.train.recipe import DenseRecipe
from mulbudget.train.samples import Samples
from mulbudget.train.settings import override


def lessons(recipe: DenseRecipe, samples: Samples) -> Lessons:
    generators = (torch.Generator().manual_seed(seed) for seed in range(2))
    return Lessons.of(recipe, samples, *generators)


def told(x: Tensor) -> Tensor:
    """A teacher: its logits are the first three pixels."""
    return x[:, :3].float()


BATCH = torch.tensor([3, 1, 4])


def test_each_epoch_takes_the_next_copy_and_what_is_said_of_it(
    tiny: DenseRecipe, samples: Samples
) -> None:
    taught = lessons(tiny, samples).taught_by(told)
    drawn = [taught.draw(epoch, BATCH) for epoch in range(3)]
    for x, labels, targets in drawn:
        assert torch.equal(labels, samples.y_train[BATCH])
        assert torch.equal(targets, told(x))
    assert torch.equal(drawn[0][0], drawn[2][0])
    assert not torch.equal(drawn[0][0], drawn[1][0])


def test_without_copies_every_step_distorts_anew_and_asks_the_teacher(
    tiny: DenseRecipe, samples: Samples
) -> None:
    recipe = override(tiny, ["copies=0", "distillation=1"])
    taught = lessons(recipe, samples).taught_by(told)
    first, second = (taught.draw(0, BATCH) for _ in range(2))
    assert len(first) == 2
    assert not torch.equal(first[0], second[0])
    assert float(taught.loss(told(first[0]), *first)) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_loss_is_of_labels_and_teacher(
    tiny: DenseRecipe, samples: Samples, share: float, generator: torch.Generator
) -> None:
    logits = torch.randn(3, 3, generator=generator)
    recipe = override(tiny, [f"distillation={share}"])
    taught = lessons(recipe, samples).taught_by(told)
    x, labels, targets = taught.draw(0, BATCH)
    expected = distillation(logits, labels, targets, share=share, temperature=recipe.temperature)
    assert torch.allclose(taught.loss(logits, x, labels, targets), expected)
    alone = lessons(recipe, samples)
    unlabelled = torch.nn.functional.cross_entropy(logits, labels)
    assert torch.allclose(alone.loss(logits, x, labels), unlabelled)


def test_what_is_taught_is_what_the_recipe_says(
    tiny: DenseRecipe, samples: Samples, generator: torch.Generator
) -> None:
    logits = torch.randn(3, 3, generator=generator)
    losses = {}
    for teaching in ("soft", "confidence", "permuted"):
        recipe = override(tiny, ["distillation=1", f"teaching={teaching}"])
        taught = lessons(recipe, samples).taught_by(told)
        x, labels, targets = taught.draw(0, BATCH)
        losses[teaching] = float(taught.loss(logits, x, labels, targets))
        if teaching == "confidence":
            expected = float(confidence_weighted(logits, labels, targets))
            assert losses[teaching] == pytest.approx(expected)
    assert len(set(losses.values())) == 3


def test_norms_are_calibrated_on_distorted_images(tiny: DenseRecipe, samples: Samples) -> None:
    for settings in (["copies=1"], ["copies=0"]):
        (batch,) = lessons(override(tiny, settings), samples).calibration()
        assert batch.shape == samples.x_train.shape
        assert not torch.equal(batch, samples.x_train)
