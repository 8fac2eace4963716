"""The epochs of one stage of training: a teacher, or a phase of the network itself."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn

from mulbudget.spn import UserError
from mulbudget.train import processes


@dataclass(frozen=True, kw_only=True)
class Descent:
    """How an optimizer goes down, and how fast.

    Parameters
    ----------
    optimizer : "adam" or "sgd"
        SGD has a momentum of 0.9.
    rate : float
        The first learning rate.
    drops : tuple of float, optional
        Shares of the stage at which the rate falls tenfold; without, it falls to 0 along half a
        cosine.
    weight_decay : float
    """

    optimizer: Literal["adam", "sgd"] = "adam"
    rate: float
    drops: tuple[float, ...] | None = None
    weight_decay: float = 0.0

    def start(self, module: nn.Module) -> torch.optim.Optimizer:
        """The optimizer of what `module` can learn."""
        parameters = [each for each in module.parameters() if each.requires_grad]
        if self.optimizer == "adam":
            return torch.optim.Adam(
                parameters, lr=self.rate, weight_decay=self.weight_decay, fused=True
            )
        return torch.optim.SGD(
            parameters, lr=self.rate, momentum=0.9, weight_decay=self.weight_decay
        )

    def at(self, done: float) -> float:
        """The rate after a share of the stage."""
        if self.drops is None:
            return self.rate * 0.5 * (1 + math.cos(math.pi * done))
        return self.rate * 0.1 ** sum(done >= drop for drop in self.drops)


@dataclass(kw_only=True)
class Stage:
    """What is trained, how long, and from where on.

    Parameters
    ----------
    name : str
    module : nn.Module
    epochs : int
    descent : Descent
    samples, batch : int
        Of the training set and of a step, that of all processes together.
    generator : torch.Generator
        Of everything that is random: its state is a part of the checkpoint.
    draw : callable
        What a step learns from, tensors with a row for each sample, from the epoch and the indices
        of its samples.
    loss : callable
        Mean loss, from the module to call and rows of these tensors.
    accuracy : callable
        On the test set, for the learning curve.
    penalty : callable, optional
        To add to the loss of each step.
    prepare : callable, optional
        Before each step, from the share of the stage that is done.
    settle : callable, optional
        After each step.
    accumulation : int
        Parts of a batch that are learned from one by one.
    bf16 : bool
        Whether the loss is computed with products in bfloat16.
    """

    name: str
    module: nn.Module
    epochs: int
    descent: Descent
    samples: int
    batch: int
    generator: torch.Generator
    draw: Callable[[int, Tensor], Sequence[Tensor]]
    loss: Callable[..., Tensor]
    accuracy: Callable[[], float]
    penalty: Callable[[], Tensor] | None = None
    prepare: Callable[[float], None] = lambda _: None
    settle: Callable[[], None] = lambda: None
    accumulation: int = 1
    bf16: bool = False
    optimizer: torch.optim.Optimizer = field(init=False)
    epoch: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.batch % processes.count():
            raise UserError(
                f"a batch of {self.batch} samples is none of {processes.count()} equal parts: give "
                "each process as many"
            )
        self._shared = processes.shared(self.module)
        self.optimizer = self.descent.start(self.module)

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
        total, tensors = 0.0, []
        for number, batch in enumerate(batches):
            done = (self.epoch + number / len(batches)) / self.epochs
            for group in self.optimizer.param_groups:
                group["lr"] = self.descent.at(done)
            self.prepare(done)
            tensors = [processes.share(each) for each in self.draw(self.epoch, batch)]
            value = self._learn(tensors)
            if not math.isfinite(value):
                self._stop(self.epoch * len(batches) + number + 1, value, tensors)
            total += value
            self.optimizer.step()
            self.settle()
        if not all(bool(torch.isfinite(each).all()) for each in self.module.parameters()):
            self._stop((self.epoch + 1) * len(batches), math.nan, tensors)
        return total / len(batches)

    def _learn(self, tensors: Sequence[Tensor]) -> float:
        """Gradients of the loss, part by part, and its value."""
        self.optimizer.zero_grad()
        parts = [each.split(-(-len(each) // self.accumulation)) for each in tensors]
        total, samples, last = 0.0, len(tensors[0]), len(parts[0]) - 1
        for number, part in enumerate(zip(*parts, strict=True)):
            with processes.last_part(self._shared, number == last):
                loss = self._loss(self._shared, part) * (len(part[0]) / samples)
                if self.penalty is not None and number == last:
                    loss = loss + self.penalty()
                value = processes.mean(loss.detach()).item()
                if math.isfinite(value):
                    loss.backward()
            total += value
        return total

    def _loss(self, module: nn.Module, tensors: Sequence[Tensor]) -> Tensor:
        with torch.autocast(tensors[0].device.type, torch.bfloat16, enabled=self.bf16):
            return self.loss(module, *tensors)

    def _batches(self) -> Iterator[Tensor]:
        together = processes.count()
        for batch in torch.randperm(self.samples, generator=self.generator).split(self.batch):
            # Every process learns from as many samples; batch norm cannot do with a single one.
            whole = batch[: len(batch) // together * together]
            if len(whole) > 1:
                yield whole

    def _stop(self, step: int, value: float, tensors: Sequence[Tensor]) -> None:
        layer = first_not_finite(self.module, lambda: self._loss(self.module, tensors))
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
    return _layer_name(found[0])


def _layer_name(name: str) -> str:
    """Of a module of a traced network its step, and of a list of layers its number."""
    first, _, rest = name.partition(".")
    if first == "parts":
        return f"layer {rest.partition('.')[0]}"
    numbers = [int(part) for part in name.split(".") if part.isdigit()]
    return f"layer {numbers[0] + 1}" if numbers else name
