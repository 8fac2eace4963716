"""Teachers, and what distillation asks for."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import kl_div, log_softmax, softmax

from mulbudget.train.distill import distilled
from mulbudget.train.recipe import Recipe
from mulbudget.train.samples import Samples
from mulbudget.train.settings import override
from mulbudget.train.teacher import (
    Dropout,
    accuracy,
    classifier,
    descent,
    ensemble,
    teacher_stage,
)


def inputs(x: Tensor) -> Tensor:
    return x / 16


def linear(seed: int) -> nn.Module:
    module = nn.Linear(16, 3)
    weight = torch.randn(3, 16, generator=torch.Generator().manual_seed(seed))
    module.weight.data.copy_(weight)
    return module


def test_an_ensemble_is_the_mean_of_its_teachers(samples: Samples) -> None:
    teachers = [linear(seed) for seed in range(2)]
    both = ensemble(teachers, inputs)(samples.x_test)
    each = [ensemble([one], inputs)(samples.x_test) for one in teachers]
    assert torch.allclose(both, (each[0] + each[1]) / 2, atol=1e-6)
    assert not torch.allclose(each[0], each[1])
    right = both.argmax(dim=1) == samples.y_test
    expected = pytest.approx(float(right.double().mean()))
    assert accuracy(classifier(ensemble(teachers, inputs)), samples) == expected


def test_a_teacher_learns(tiny: Recipe, samples: Samples, generator: torch.Generator) -> None:
    settings = ["teacher_epochs=20", "teacher_rate=0.1", "degrees=0", "pixels=0", "zoom=0"]
    recipe = override(tiny, settings)
    stage = teacher_stage("teacher 1", linear(0), inputs, recipe, samples, generator)
    losses = []
    stage.fit(lambda loss, _: losses.append(loss))
    assert losses[-1] < losses[0]


def test_steps_take_the_drops_of_a_stage_and_cosines_none(tiny: Recipe) -> None:
    assert descent(tiny, 0.1, (0.5,)).drops is None
    assert descent(override(tiny, ["schedule=steps"]), 0.1, (0.5,)).drops == (0.5,)


def test_dropout_keeps_the_mean_and_rests_in_evaluation(generator: torch.Generator) -> None:
    dropout, x = Dropout(0.25, generator), torch.ones(100_000)
    y = dropout(x)
    assert y.unique().tolist() == pytest.approx([0, 4 / 3])
    assert float(y.mean()) == pytest.approx(1, abs=0.02)
    assert dropout.eval()(x) is x


def test_distillation_is_the_paper_s_and_vanishes_for_equal_outputs(
    generator: torch.Generator,
) -> None:
    student, target = torch.randn(2, 5, 3, generator=generator)
    soft, wanted = log_softmax(student / 2, dim=1), softmax(target / 2, dim=1)
    expected = 4 * kl_div(soft, wanted, reduction="sum") / 5
    assert torch.allclose(distilled(student, target, 2.0), expected)
    assert float(distilled(target, target + 7, 2.0)) == pytest.approx(0, abs=1e-6)
