"""Multiplications: the published numbers of ResNet-18, and those of the network that is built."""

import pytest
import torch
from torch import nn

from mulbudget.spn import Range, Tensor, network_counts
from mulbudget.train.counting import multiplications
from mulbudget.train.export import export, prove
from mulbudget.train.strassenify import strassenify
from tests.resnet import ResNet18

PUBLISHED = [
    (1, 1.0, (), 4.97e6),
    (1, 2.0, ("fc",), 7.97e6),
    (1, 4.0, ("fc",), 1.29e7),
    (2, 1.0, (), 3.11e6),
    (2, 2.0, ("fc",), 4.24e6),
    (2, 4.0, ("fc",), 5.48e6),
]
"""p, r / c_out, the layers that keep their weights, multiplications (StrassenNets, table 1)."""


@pytest.mark.parametrize(("p", "r", "skip", "published"), PUBLISHED)
def test_resnet_18_has_the_published_multiplications(
    p: int, r: float, skip: tuple[str, ...], published: float
) -> None:
    with torch.device("meta"):  # only shapes count
        model = strassenify(ResNet18(), torch.empty(1, 3, 224, 224), r=r, p=p, skip=skip)
    counts = multiplications(model)
    assert sum(each.paper for each in counts) == pytest.approx(published, rel=0.005)
    assert sum(each.dense for each in counts) == pytest.approx(1.814e9, rel=0.0005)
    convolutions = [each for each in counts if "fc" not in each.name and each.origin]
    assert len(convolutions) == 20 + 1  # the average of 7 x 7 is built as one
    if p == 1:
        built = sum(each.built for each in convolutions)
        assert built == 2_483_712 * r + 512


@pytest.mark.parametrize(("p", "r", "skip", "published"), [PUBLISHED[0], PUBLISHED[3]])
def test_resnet_18_is_exported_with_what_was_counted(
    p: int, r: float, skip: tuple[str, ...], published: float
) -> None:
    torch.manual_seed(0)
    images = torch.randint(256, (2, 3, 224, 224))
    model = strassenify(ResNet18(), images / 256, r=r, p=p, skip=skip, input_fraction=8)
    model(images / 256)
    model.enter("frozen")
    network = export(model, "resnet18", Tensor((3, 224, 224), 8, Range.uniform(0, 255, 3)))
    prove(model, network, images[:1].numpy())
    counts = network_counts(network)
    assert counts.multiplications == sum(each.built for each in multiplications(model)) < published
    assert counts.dense_multiplications == pytest.approx(1.814e9, rel=0.0005)


def test_what_is_built_is_what_the_network_counts() -> None:
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Conv2d(4, 4, 3, stride=2, groups=2),
        nn.ReLU(),
        nn.AvgPool2d(3, 1, 1),
        nn.Conv2d(4, 6, 1),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(24, 5),
    )
    made = strassenify(model, torch.randn(2, 2, 11, 11), r=2.0, p=2, skip=("6",))
    made(torch.randn(8, 2, 11, 11))
    made.enter("frozen")
    network = export(made, "net", Tensor((2, 11, 11), 0, Range.uniform(-8, 7, 2)))
    counts = multiplications(made)
    assert sum(each.built for each in counts) == network_counts(network).multiplications
    assert sum(each.dense for each in counts) == network_counts(network).dense_multiplications
    assert [each.origin for each in counts] == ["0", "3", "5", "6", "9"]
    first = counts[0]
    assert first.paper == 11 * 11 * 4 * 2 / 4 + 11 * 11 * 4
    assert first.built == 6 * 6 * 8
