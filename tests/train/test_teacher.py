"""Teachers, distorted copies, and what distillation asks for."""

import pytest
import torch
from torch.nn.functional import kl_div, log_softmax, softmax

from mulbudget.train.recipes import Recipe, override
from mulbudget.train.student import distilled
from mulbudget.train.teacher import Dropout, Samples, accuracy, augmented, copies, ensemble, teacher

PLAIN = ("degrees=0", "pixels=0", "zoom=0", "noise=0")


@pytest.fixture
def samples(generator: torch.Generator) -> Samples:
    """Random images of 4 by 4 pixels in 3 classes."""

    def part(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.randint(0, 17, (count, 16), generator=generator).byte()
        return x, torch.randint(0, 3, (count,), generator=generator)

    return Samples(*part(50), *part(20), image=(1, 4, 4), high=16)


def test_copies_are_integers_in_range_and_differ(
    tiny: Recipe, samples: Samples, generator: torch.Generator
) -> None:
    first, second = copies(tiny, samples, generator)
    assert first.dtype == torch.uint8
    assert int(first.max()) <= samples.high
    assert first.shape == samples.x_train.shape
    assert bool((first != second).any())


def test_without_distortion_a_copy_is_the_training_set(
    tiny: Recipe, samples: Samples, generator: torch.Generator
) -> None:
    (copy,) = copies(override(tiny, [*PLAIN, "copies=1"]), samples, generator)
    assert torch.equal(copy, samples.x_train)


def test_noise_has_its_deviation_and_stays_in_range(
    tiny: Recipe, samples: Samples, generator: torch.Generator
) -> None:
    noisy = override(tiny, [*PLAIN, "noise=0.125"])
    x = torch.full((1000, 16), 8, dtype=torch.uint8)
    y = augmented(samples, x, noisy, generator)
    assert float((y - 8).std()) == pytest.approx(0.125 * samples.high, rel=0.05)
    (copy,) = copies(override(noisy, ["copies=1"]), samples, generator)
    assert bool((copy != samples.x_train).any())
    assert int(copy.max()) <= samples.high


def test_an_ensemble_is_the_mean_of_its_teachers(
    tiny: Recipe, samples: Samples, generator: torch.Generator
) -> None:
    teachers = [teacher(tiny, samples, 3, generator) for _ in range(2)]
    both = ensemble(teachers, samples, samples.x_test)
    each = [ensemble([one], samples, samples.x_test) for one in teachers]
    assert torch.allclose(both, (each[0] + each[1]) / 2, atol=1e-6)
    assert not torch.allclose(each[0], each[1])
    right = both.argmax(dim=1) == samples.y_test
    assert accuracy(teachers, samples) == float(right.double().mean())


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
