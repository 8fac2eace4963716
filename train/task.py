"""What differs between a recipe for flat images and one for images: the networks."""

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from mulbudget import spn
from mulbudget.train.graph import GraphModel
from mulbudget.train.model import SPNModel

Student = SPNModel | GraphModel


class Task(Protocol):
    """The networks of a training run.

    Parameters
    ----------
    network_input : spn.Tensor
        What the exported network takes.
    penalties : Tensor, (layers, 2)
        Weights of the mean magnitude of each Wb and Wc.
    sizes : dict
        What metrics.json says of the network.
    """

    network_input: spn.Tensor
    penalties: Tensor
    sizes: dict[str, Any]

    def teacher(self, generator: torch.Generator) -> nn.Module:
        """An untrained network in full precision."""
        ...

    def teacher_input(self, pixels: Tensor) -> Tensor:
        """What a teacher takes for pixels, float, one row a sample."""
        ...

    def student(self, first: nn.Module | None, generator: torch.Generator) -> Student:
        """An untrained sum-product network; `first` is the first teacher."""
        ...
