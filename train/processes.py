"""Training by several processes, as `torchrun` starts them; alone, everything here is nothing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce
from torch.nn.parallel import DistributedDataParallel

from mulbudget.train.trace import NORMS


def rank() -> int:
    """Which of the processes this is, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def count() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


@contextmanager
def together(device: torch.device) -> Iterator[None]:
    """Join the other processes, where `torchrun` has started several."""
    if dist.is_initialized() or int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def local_device(device: torch.device) -> torch.device:
    """The GPU of this process, where `device` is none in particular."""
    if device.type == "cuda" and device.index is None and "LOCAL_RANK" in os.environ:
        return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    return device


def share(batch: Tensor) -> Tensor:
    """The part of a batch that this process takes; all have parts of the same size."""
    return batch.chunk(count())[rank()] if count() > 1 else batch


def mean(value: Tensor) -> Tensor:
    """The mean over the processes of a number or a tensor that each of them has."""
    if count() > 1:
        value = value.clone()
        dist.all_reduce(value)
        value /= count()
    return value


def shared(module: nn.Module) -> nn.Module:
    """`module`, with gradients that are the mean over the processes.

    Every process must have the same weights. Batch norms become `GlobalNorm1d` and `GlobalNorm2d`,
    in place.
    """
    if count() == 1:
        return module
    globalize(module)
    device = next(module.parameters()).device
    devices = [device] if device.type == "cuda" else None
    # Buffers are the same in all processes: they are made of means over all of them.
    return DistributedDataParallel(module, device_ids=devices, broadcast_buffers=False)


@contextmanager
def last_part(module: nn.Module, last: bool) -> Iterator[None]:
    """While a part of a batch is learned from: only the last one exchanges gradients."""
    waits = isinstance(module, DistributedDataParallel) and not last
    with module.no_sync() if waits else nullcontext():  # type: ignore[union-attr]
        yield


def globalize(module: nn.Module) -> None:
    """Let the batch norms inside `module` take mean and variance over all processes."""
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if type(child) in NORMS:
                setattr(parent, name, _global_norm(child))


class _GlobalNorm(nn.modules.batchnorm._BatchNorm):
    """Batch norm over the batches of all processes, as if they were one.

    It is PyTorch's SyncBatchNorm, which needs GPUs, for any device. All processes have as many
    samples.
    """

    def forward(self, input: Tensor) -> Tensor:
        """As `nn.BatchNorm1d` and `nn.BatchNorm2d`."""
        if not self.training or count() == 1:
            return super().forward(input)
        axes = [axis for axis in range(input.dim()) if axis != 1]
        entries = count() * input.numel() // input.shape[1]
        mean = all_reduce(input.sum(axes)) / entries
        centred = input - _channels(mean, input)
        variance = all_reduce(centred.square().sum(axes)) / entries
        self._remember(mean.detach(), variance.detach() * (entries / (entries - 1)))
        scale = self.weight * (variance + self.eps).rsqrt()
        return centred * _channels(scale, input) + _channels(self.bias, input)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None:
            return
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        momentum = self.momentum
        if momentum is None:
            momentum = 1 / float(self.num_batches_tracked or 1)
        self.running_mean.lerp_(mean, momentum)
        self.running_var.lerp_(variance, momentum)


class GlobalNorm1d(_GlobalNorm, nn.BatchNorm1d):
    """`nn.BatchNorm1d` over the batches of all processes."""


class GlobalNorm2d(_GlobalNorm, nn.BatchNorm2d):
    """`nn.BatchNorm2d` over the batches of all processes."""


def _global_norm(norm: nn.Module) -> nn.Module:
    """The same norm over all processes; its parameters and buffers are those of `norm`."""
    kind = GlobalNorm1d if isinstance(norm, nn.BatchNorm1d) else GlobalNorm2d
    made = kind.__new__(kind)
    made.__dict__.update(norm.__dict__)
    return made


def _channels(values: Tensor, like: Tensor) -> Tensor:
    """One number per channel, in a shape that goes with `like`."""
    return values.view(1, -1, *(1,) * (like.dim() - 2))
