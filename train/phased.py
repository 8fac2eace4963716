"""What every trainable network of sum-product layers can do, whatever its graph."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from mulbudget.train.images import Dropping
from mulbudget.train.layers import Phase, SumProductLayer
from mulbudget.train.trace import NORMS


class PhasedModel(nn.Module):
    """A network that goes through the phases of its sum-product layers.

    It takes integers times 2**-input_fraction.
    """

    input_fraction = 0

    def __init__(self) -> None:
        super().__init__()
        self.phase: Phase = "full"
        self.outputs_per_class = 1

    def spn_layers(self) -> list[SumProductLayer]:
        """The sum-product layers in order."""
        raise NotImplementedError

    def enter(self, phase: Phase, *, folded: bool = False) -> None:
        """Set the phase of every layer; `folded` says that the weights are frozen ones already."""
        raise NotImplementedError

    def inputs(self, x: Tensor) -> Tensor:
        """What `forward` takes for the integers `x`, one row a sample, in the same type."""
        raise NotImplementedError

    @property
    def class_shift(self) -> int:
        """What Requantize shifts the index of an output by, to give its class."""
        return self.outputs_per_class.bit_length() - 1

    def class_logits(self, outputs: Tensor) -> Tensor:
        """(samples, n_out) to (samples, classes)."""
        return outputs

    @property
    def ternary_share(self) -> float:
        """How far Wb and Wc are ternary in phase "ternary", 0 to 1; the same for every layer."""
        return min((layer.ternary_share for layer in self.spn_layers()), default=1.0)

    @ternary_share.setter
    def ternary_share(self, share: float) -> None:
        for layer in self.spn_layers():
            layer.ternary_share = share

    def densities(self) -> Tensor:
        """`SumProductLayer.densities` of each layer, (layers, 2)."""
        return torch.stack([layer.densities() for layer in self.spn_layers()])

    def settle(self) -> None:
        """Hold the weights where a step can still change their ternary entries."""
        with torch.no_grad():
            for layer in self.spn_layers():
                layer.wb.clamp_(-1, 1)
                layer.wc.clamp_(-1, 1)

    def calibrate(self, batches: Iterable[Tensor]) -> None:
        """Let batch norms take mean and variance anew from data, without learning.

        Running statistics lag behind ternary matrices, whose entries jump: do this before the
        model freezes.

        Parameters
        ----------
        batches : iterable of Tensor
            Inputs, (samples, *input_shape) each; they count alike.
        """
        training = self.training
        self.train()
        for part in self.modules():
            if isinstance(part, Dropping):
                part.eval()
        norms = [each for each in self.modules() if isinstance(each, NORMS)]
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the mean of all batches
        with torch.no_grad():
            for batch in batches:
                self(batch)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        self.train(training)
