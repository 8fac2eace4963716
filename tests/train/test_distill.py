"""Distillation: numbers computed by hand."""

import math

import pytest
import torch

from mulbudget.train.distill import (
    confidence_weighted,
    distillation,
    distilled,
    permuted_dark_knowledge,
)

STUDENT = torch.tensor([[0.0, math.log(3)], [math.log(4), 0.0]])
"""Probabilities 1/4, 3/4 and 4/5, 1/5."""

TEACHER = torch.tensor([[0.0, 0.0], [math.log(9), 0.0]])
"""Probabilities 1/2, 1/2 and 9/10, 1/10."""

LABELS = torch.tensor([1, 1])
HARD = (math.log(4 / 3) + math.log(5)) / 2
SOFT = (
    0.5 * math.log(0.5 / 0.25)
    + 0.5 * math.log(0.5 / 0.75)
    + 0.9 * math.log(0.9 / 0.8)
    + 0.1 * math.log(0.1 / 0.2)
) / 2


def test_the_distance_from_the_teacher_at_temperature_1() -> None:
    assert float(distilled(STUDENT, TEACHER, 1.0)) == pytest.approx(SOFT)
    assert float(distilled(TEACHER, TEACHER, 3.0)) == pytest.approx(0.0, abs=1e-6)


def test_the_distance_at_another_temperature_is_that_of_scaled_logits_times_its_square() -> None:
    assert float(distilled(2 * STUDENT, 2 * TEACHER, 2.0)) == pytest.approx(4 * SOFT)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_labels_and_teacher_have_their_shares(share: float) -> None:
    got = float(distillation(STUDENT, LABELS, TEACHER, share=share))
    assert got == pytest.approx((1 - share) * HARD + share * SOFT)


def test_a_sample_counts_as_much_as_its_teacher_is_sure() -> None:
    expected = (0.5 * math.log(4 / 3) + 0.9 * math.log(5)) / 1.4
    assert float(confidence_weighted(STUDENT, LABELS, TEACHER)) == pytest.approx(expected)


def test_of_two_classes_nothing_is_permuted() -> None:
    expected = -(
        0.5 * math.log(0.25) + 0.5 * math.log(0.75) + 0.9 * math.log(0.8) + 0.1 * math.log(0.2)
    )
    assert float(permuted_dark_knowledge(STUDENT, TEACHER)) == pytest.approx(expected / 2)


def test_the_largest_prediction_stays_and_the_others_take_every_place() -> None:
    teacher = torch.log(torch.tensor([[0.1, 0.6, 0.2, 0.1]])).expand(4000, -1)
    generator = torch.Generator().manual_seed(0)
    # Where the student is sure of one class, the loss tells the teacher's probability of it.
    seen = []
    for place in range(4):
        student = torch.zeros(4000, 4)
        student[:, place] = 100.0
        loss = float(permuted_dark_knowledge(student, teacher, generator))
        seen.append(1 - loss / 100)
    mean = (0.1 + 0.2 + 0.1) / 3
    assert seen == pytest.approx([mean, 0.6, mean, mean], abs=0.005)


def test_the_losses_teach() -> None:
    logits = torch.zeros(2, 2, requires_grad=True)
    losses = (
        distillation(logits, LABELS, TEACHER),
        confidence_weighted(logits, LABELS, TEACHER),
        permuted_dark_knowledge(logits, TEACHER),
    )
    for loss in losses:
        (gradient,) = torch.autograd.grad(loss, logits)
        assert bool(gradient.isfinite().all()) and bool(gradient.any())
