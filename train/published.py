"""Accuracies that others have published for the networks of a recipe; without PyTorch."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Published:
    """What is known of a network like the one that a recipe trains.

    Parameters
    ----------
    network : str
        The network, and how its layers are set.
    source : str
        Who reports it.
    test_accuracy : mapping
        Of each phase of the training, at its end, from 0 to 1.
    """

    network: str
    source: str
    test_accuracy: Mapping[str, float]


PUBLISHED: Mapping[str, Published] = {
    "cifar10-resnet20": Published(
        network="ResNet-20 with r = c_out and p = 1",
        source="log of the authors of StrassenNets, github.com/mitscha/strassennets",
        test_accuracy={
            "full precision": 0.9137,
            "ternary phase": 0.9051,
            "frozen phase": 0.9079,
        },
    ),
}
"""By the name of the recipe, as it stands in the provenance of a network."""
