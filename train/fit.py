"""The epochs of one stage of training: a teacher, or a phase of the network itself."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from mulbudget.spn import UserError


@dataclass(kw_only=True)
class Stage:
    """What is trained, how long, and from where on.

    Parameters
    ----------
    name : str
    module : nn.Module
    epochs : int
    rate : float
        The first learning rate of Adam; it falls to 0 along half a cosine.
    samples, batch : int
        Of the training set and of a step.
    generator : torch.Generator
        Of everything that is random: its state is a part of the checkpoint.
    loss : callable
        From the epoch and the indices of a batch.
    accuracy : callable
        On the test set, for the learning curve.
    prepare : callable, optional
        Before each step, from the share of the stage that is done.
    settle : callable, optional
        After each step.
    """

    name: str
    module: nn.Module
    epochs: int
    rate: float
    samples: int
    batch: int
    generator: torch.Generator
    loss: Callable[[int, Tensor], Tensor]
    accuracy: Callable[[], float]
    prepare: Callable[[float], None] = lambda _: None
    settle: Callable[[], None] = lambda: None
    optimizer: torch.optim.Optimizer = field(init=False)
    epoch: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        parameters = [each for each in self.module.parameters() if each.requires_grad]
        self.optimizer = torch.optim.Adam(parameters, lr=self.rate, fused=True)

    def state(self) -> dict[str, Any]:
        """What the stage continues from, as a copy that further steps leave alone."""
        return {
            "name": self.name,
            "epoch": self.epoch,
            "module": _copied(self.module.state_dict()),
            "optimizer": _copied(self.optimizer.state_dict()),
            "generator": self.generator.get_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from `state`."""
        self.epoch = state["epoch"]
        self.module.load_state_dict(state["module"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])

    def fit(self, after_epoch: Callable[[float, float], None]) -> None:
        """Train the epochs that are left.

        Parameters
        ----------
        after_epoch : callable
            Takes the mean loss and the accuracy of each epoch.

        Raises
        ------
        UserError
            Naming the step and the layer, when the loss is not finite.
        """
        while self.epoch < self.epochs:
            loss = self._epoch()
            self.epoch += 1
            after_epoch(loss, self.accuracy())

    def _epoch(self) -> float:
        self.module.train()
        batches = list(self._batches())
        total = 0.0
        for number, batch in enumerate(batches):
            done = (self.epoch + number / len(batches)) / self.epochs
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate * 0.5 * (1 + math.cos(math.pi * done))
            self.prepare(done)
            loss = self.loss(self.epoch, batch)
            value = loss.item()
            if not math.isfinite(value):
                self._stop(self.epoch * len(batches) + number + 1, value, batch)
            total += value
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.settle()
        if not all(bool(torch.isfinite(each).all()) for each in self.module.parameters()):
            self._stop((self.epoch + 1) * len(batches), math.nan, batches[-1])
        return total / len(batches)

    def _batches(self) -> Iterator[Tensor]:
        for batch in torch.randperm(self.samples, generator=self.generator).split(self.batch):
            # Batch norm cannot do with a single sample.
            if len(batch) > 1:
                yield batch

    def _stop(self, step: int, value: float, batch: Tensor) -> None:
        layer = first_not_finite(self.module, lambda: self.loss(self.epoch, batch))
        where = f", from {layer} on" if layer else ""
        raise UserError(
            f"stage {self.name} diverges: its loss is {value} at step {step:,}{where}; nothing is "
            "written; set a lower learning rate"
        )


def _copied(value: Any) -> Any:
    """A deep copy of dictionaries, lists and tensors; several times faster than `copy.deepcopy`."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def first_not_finite(module: nn.Module, run: Callable[[], Any]) -> str | None:
    """The first layer of `module`, in the order `run` calls them, that gives no finite numbers.

    Parameters
    ----------
    module : nn.Module
    run : callable
        Calls it.
    """
    found: list[str] = []

    def watch(name: str) -> Callable[..., None]:
        def look(_: nn.Module, __: Any, output: Any) -> None:
            if isinstance(output, Tensor) and not bool(torch.isfinite(output).all()):
                found.append(name)

        return look

    hooks = [
        each.register_forward_hook(watch(name)) for name, each in module.named_modules() if name
    ]
    try:
        with torch.no_grad():
            run()
    finally:
        for hook in hooks:
            hook.remove()
    if not found:
        return None
    numbers = [int(part) for part in found[0].split(".") if part.isdigit()]
    return f"layer {numbers[0] + 1}" if numbers else found[0]
