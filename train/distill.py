"""Losses of a student that learns from a teacher as well as from labels."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softmax


def distilled(logits: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """Distance of the student from its teachers at a temperature, times its square.

    T^2 KL(softmax(targets / T) || softmax(logits / T)), the mean over samples (Hinton et al. 2015,
    "Distilling the Knowledge in a Neural Network").

    Parameters
    ----------
    logits : (samples, classes)
        Of the student.
    targets : (samples, classes)
        Logits of the teachers.
    temperature : float
        More than 0.
    """
    soft = log_softmax(logits / temperature, dim=1)
    wanted = softmax(targets / temperature, dim=1)
    return temperature**2 * kl_div(soft, wanted, reduction="batchmean")


def distillation(
    logits: Tensor, labels: Tensor, targets: Tensor, *, share: float = 0.5, temperature: float = 1.0
) -> Tensor:
    """(1 - share) CE(student, labels) + share T^2 KL, as StrassenNets are distilled.

    With `share` 1 a student of the teacher's own shape is a born-again network without labels, and
    less is one with labels: each generation's student is the next one's teacher (Furlanello et al.
    2018, "Born-Again Neural Networks", equations 2 and 3).

    Parameters
    ----------
    logits, targets, temperature
        As for `distilled`.
    labels : int64, (samples,)
    share : float
        Of the teacher, 0 to 1.
    """
    return torch.lerp(cross_entropy(logits, labels), distilled(logits, targets, temperature), share)


def confidence_weighted(logits: Tensor, labels: Tensor, targets: Tensor) -> Tensor:
    """Cross entropy with the labels, each sample weighted by the teacher's largest probability.

    Confidence-weighted by teacher max, CWTM (Furlanello et al. 2018, "Born-Again Neural Networks",
    section 3.2): the weights are divided by their sum over the batch, and nothing else is taken
    from the teacher.

    Parameters
    ----------
    logits, targets
        As for `distilled`.
    labels : int64, (samples,)
    """
    confidence = softmax(targets, dim=1).amax(dim=1)
    losses = cross_entropy(logits, labels, reduction="none")
    return (confidence / confidence.sum() * losses).sum()


def permuted_dark_knowledge(
    logits: Tensor, targets: Tensor, generator: torch.Generator | None = None
) -> Tensor:
    """Cross entropy with the teacher's probabilities, all but the largest permuted.

    Dark knowledge with permuted predictions, DKPP (Furlanello et al. 2018, "Born-Again Neural
    Networks", section 3.2): each sample keeps the teacher's largest probability in its place, and
    the others change places at random, so that only their values are taught.

    Parameters
    ----------
    logits, targets
        As for `distilled`.
    generator : torch.Generator, optional
        Of the CPU; draws the permutations.
    """
    permuted = _permuted(softmax(targets, dim=1), generator)
    return -(permuted * log_softmax(logits, dim=1)).sum(dim=1).mean()


def _permuted(probabilities: Tensor, generator: torch.Generator | None) -> Tensor:
    """Each row with its largest entry in place, and the others in random order."""
    samples, classes = probabilities.shape
    largest = probabilities.argmax(dim=1, keepdim=True)
    keys = torch.rand(samples, classes, generator=generator).to(probabilities.device)
    # The largest entry comes first in both orders, so it goes from its place to its place.
    order = keys.scatter(1, largest, -1.0).argsort(dim=1)
    places = torch.arange(classes, device=keys.device).expand(samples, -1)
    first = places.clone().float().scatter(1, largest, -1.0).argsort(dim=1)
    return torch.empty_like(probabilities).scatter(1, first, probabilities.gather(1, order))
