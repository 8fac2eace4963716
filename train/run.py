"""A whole training run: teachers, three phases, export, proof, files."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from mulbudget.spn import Network, UserError, dumps, network_counts
from mulbudget.spn.files import make_folder, write_whole
from mulbudget.train import processes
from mulbudget.train.budget import split
from mulbudget.train.checkpoint import Checkpoint
from mulbudget.train.curve import Point, picture
from mulbudget.train.data import load
from mulbudget.train.dataset import CLASSES, Dataset
from mulbudget.train.dense_task import DenseTask
from mulbudget.train.export import evaluate, export, prove
from mulbudget.train.fit import Stage
from mulbudget.train.image_task import ImageTask
from mulbudget.train.lessons import Lessons
from mulbudget.train.phases import PHASES, phase_stage, predictor
from mulbudget.train.recipe import DenseRecipe, ImageRecipe, Recipe
from mulbudget.train.samples import Samples
from mulbudget.train.seeds import generator_for
from mulbudget.train.task import Student, Task
from mulbudget.train.teacher import accuracy, classifier, ensemble, teacher_stage

CHECKPOINT = "checkpoint.pt"

Watch = Callable[[str, int, int, float | None], None]
"""Told of the stage, its epochs so far and in all, and the accuracy on the test set."""


@dataclass(frozen=True, eq=False)
class Result:
    """What a run gave: the network, and the content of metrics.json."""

    network: Network
    metrics: dict[str, Any]


def train(
    recipe: Recipe,
    out: Path,
    *,
    seed: int = 0,
    multipliers: int | None = None,
    r: Sequence[int] | None = None,
    device: str = "cpu",
    data_dir: Path | None = None,
    watch: Watch = lambda *_: None,
    say: Callable[[str], None] = lambda _: None,
) -> Result:
    """Train a network, and write network.spn, metrics.json and curve.png.

    A run that was interrupted continues from its checkpoint, to the same bytes as without the
    interrupt. The same arguments give the same bytes on machines with the same processor type.

    Parameters
    ----------
    recipe : Recipe
    out : Path
        Folder of the results; what an earlier run left there is replaced at the end.
    seed : int
        0 to 2**32 - 1.
    multipliers, r
        As for `budget.split`.
    device : str
        "cpu", "cuda" or "cuda:N".
    data_dir : Path, optional
        As for `data.load`.
    watch : callable, optional
    say : callable, optional
        Told in a sentence what becomes of a checkpoint.

    Raises
    ------
    UserError
        When an argument is not possible, the data set is not at hand, a file cannot be written, or
        the training diverges.
    KeyboardInterrupt
        With a sentence on the checkpoint, when one has been written.
    """
    if not 0 <= seed < 2**32:
        raise UserError(f"seed is {seed}: give 0 to {2**32 - 1}")
    target = processes.local_device(_device(device))
    data = load(recipe.dataset, seed=seed, input_bits=recipe.input_bits, data_dir=data_dir)
    with processes.together(target), _repeatable(recipe.threads):
        samples = Samples.of(data, target)
        task = _task(recipe, data, samples, multipliers, r)
        run = json.dumps(
            {
                "recipe": asdict(recipe),
                "sizes": task.sizes,
                "seed": seed,
                "device": target.type,
                "processes": processes.count(),
                "torch": torch.__version__,
            }
        )
        checkpoint = Checkpoint(make_folder(out) / CHECKPOINT, run, processes.rank() == 0)
        try:
            trainer = _Trainer(recipe, task, data, samples, seed, checkpoint, watch)
            if trainer.origin:
                say(trainer.origin)
            result = trainer.result(trainer.run())
        except KeyboardInterrupt as interrupt:
            if not checkpoint.write():
                raise
            sentence = f"{checkpoint.path} is kept, and the same command continues from it"
            raise KeyboardInterrupt(sentence) from interrupt
        if processes.rank() == 0:
            _write(result, trainer.points, out)
            checkpoint.remove()
    return result


def _task(
    recipe: Recipe,
    data: Dataset,
    samples: Samples,
    multipliers: int | None,
    r: Sequence[int] | None,
) -> Task:
    match recipe:
        case DenseRecipe():
            n_in, n_out = data.input.flat.shape[0], recipe.outputs(CLASSES)
            shape = split(recipe, n_in, n_out, multipliers=multipliers, r=r)
            return DenseTask(recipe, shape, data, samples.x_train.device)
        case ImageRecipe():
            return ImageTask(recipe, data, samples, multipliers=multipliers, r=r)
        case _:
            raise TypeError(f"no networks are known for {type(recipe).__name__}")


class _Trainer:
    """Runs the stages one after the other, from the checkpoint's on."""

    def __init__(
        self,
        recipe: Recipe,
        task: Task,
        data: Dataset,
        samples: Samples,
        seed: int,
        checkpoint: Checkpoint,
        watch: Watch,
    ) -> None:
        self.recipe = recipe
        self.task = task
        self.data = data
        self.samples = samples
        self.seed = seed
        self.checkpoint = checkpoint
        self.watch = watch
        saved = checkpoint.load()
        self.origin = _origin(checkpoint, saved)
        saved = saved or {"finished": [], "points": [], "seconds": 0.0, "stage": None}
        self.stage: dict[str, Any] | None = saved["stage"]
        self.finished: list[dict[str, Any]] = saved["finished"]
        self.points = [Point(*each) for each in saved["points"]]
        self.start = time.monotonic() - saved["seconds"]
        self.teacher_accuracy: float | None = None

    def run(self) -> Student:
        """Train everything that is left, and give the last frozen network."""
        recipe, samples = self.recipe, self.samples
        count = recipe.teachers if recipe.distillation or _starts_from_weights(recipe) else 0
        teachers = [self._teacher(number) for number in range(count)]
        generator = generator_for(self.seed, "student")
        lessons = Lessons.of(recipe, samples, generator, generator_for(self.seed, "copies"))
        if teachers:
            predict = ensemble(teachers, self.task.teacher_input)
            self.teacher_accuracy = accuracy(classifier(predict), samples)
            if recipe.distillation:
                lessons = lessons.taught_by(predict)
        first = teachers[0] if teachers else None
        for generation in range(1, recipe.generations):
            number = count + generation - 1
            model = self._student(f" {generation}", lessons, first, generator, number)
            lessons = lessons.taught_by(predictor(model))
        name = f" {recipe.generations}" if recipe.generations > 1 else ""
        return self._student(name, lessons, first, generator)

    def result(self, model: Student) -> Result:
        """The network, proved equal to the model on every sample, and its metrics."""
        data, recipe = self.data, self.recipe
        scores = {
            f"{part}_accuracy": float((evaluate(model, x)["classes"][:, 0] == y).mean())
            for part, x, y in (
                ("train", data.x_train, data.y_train),
                ("test", data.x_test, data.y_test),
            )
        }
        provenance = {
            "recipe": recipe.name,
            "dataset": recipe.dataset,
            "seed": self.seed,
            "input_bits": recipe.input_bits,
            **scores,
        }
        name = recipe.name.replace("-", "_")
        network = export(model, name, self.task.network_input, provenance)
        for x in (data.x_train, data.x_test):
            for part in np.array_split(x, -(-len(x) // _PROVED_AT_ONCE)):
                prove(model, network, part.astype(np.int64))
        counts = network_counts(network)
        phases = {point.stage: point.accuracy for point in self.points}
        last = f" {recipe.generations}" if recipe.generations > 1 else ""
        metrics = {
            "recipe": recipe.name,
            "seed": self.seed,
            **scores,
            "multiplications": counts.multiplications,
            "dense_multiplications": counts.dense_multiplications,
            "additions": counts.additions,
            "seconds": round(time.monotonic() - self.start, 2),
            "teacher_accuracy": self.teacher_accuracy,
            "phase_accuracies": {phase: phases.get(phase + last) for phase in PHASES},
            **self.task.sizes,
            "device": self.samples.x_train.device.type,
            "processes": processes.count(),
            "torch": torch.__version__,
            "settings": asdict(recipe),
        }
        return Result(network, metrics)

    def _teacher(self, number: int) -> nn.Module:
        name = f"teacher {number + 1}"
        generator = generator_for(self.seed, name)
        module = self.task.teacher(generator)
        if number < len(self.finished):
            module.load_state_dict(self.finished[number])
            return module
        inputs = self.task.teacher_input
        self._fit(teacher_stage(name, module, inputs, self.recipe, self.samples, generator))
        self.finished.append(module.state_dict())
        return module

    def _student(
        self,
        name: str,
        lessons: Lessons,
        first: nn.Module | None,
        generator: torch.Generator,
        number: int | None = None,
    ) -> Student:
        """One generation, finished as `number` where it is not the last."""
        model = self.task.student(first, generator)
        if number is not None and number < len(self.finished):
            model.enter("frozen", folded=True)
            model.load_state_dict(self.finished[number])
            return model
        phases = list(PHASES)
        resumed = self.stage["name"] if self.stage is not None else None
        for index, phase in enumerate(PHASES):
            if resumed == phase + name:
                model.enter(phase, folded=True)
                phases = phases[index:]
        for phase in phases:
            if phase != model.phase:
                if phase == "frozen":
                    self._calibrate(model, lessons)
                model.enter(phase)
            stage = phase_stage(
                phase + name, model, self.recipe, lessons, self.task.penalties, generator
            )
            self._fit(stage)
        if number is not None:
            self.finished.append(model.state_dict())
        return model

    def _calibrate(self, model: Student, lessons: Lessons) -> None:
        if isinstance(self.recipe, ImageRecipe):
            model.calibrate(model.inputs(x.float()) for x in lessons.calibration())

    def _fit(self, stage: Stage) -> None:
        if self.stage is not None and self.stage["name"] == stage.name:
            stage.restore(self.stage)
            self.stage = None
        last = next((p.accuracy for p in reversed(self.points) if p.stage == stage.name), None)
        self.watch(stage.name, stage.epoch, stage.epochs, last)

        def after_epoch(loss: float, accuracy: float) -> None:
            self.points.append(Point(stage.name, loss, accuracy))
            self.checkpoint.keep(
                {
                    "stage": stage.state(),
                    "finished": self.finished,
                    "points": [tuple(point) for point in self.points],
                    "seconds": time.monotonic() - self.start,
                }
            )
            self.watch(stage.name, stage.epoch, stage.epochs, accuracy)

        stage.fit(after_epoch)


_PROVED_AT_ONCE = 10_000
"""Samples, so that their sums fit the memory."""


def _origin(checkpoint: Checkpoint, saved: dict[str, Any] | None) -> str | None:
    """What a user should know about where the run starts."""
    if saved is not None:
        stage = saved["stage"]
        return f"continues after epoch {stage['epoch']} of stage {stage['name']}"
    if checkpoint.path.exists():
        return f"starts anew: {checkpoint.path} is of a run with other settings"
    return None


def _starts_from_weights(recipe: Recipe) -> bool:
    return isinstance(recipe, ImageRecipe) and recipe.start == "weights"


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UserError(f"no device {name!r}: use cpu, cuda or cuda:N") from error
    if device.type not in ("cpu", "cuda"):
        raise UserError(f"device {name!r} cannot train exactly: use cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise UserError(f"no device {name!r}: PyTorch finds {count} CUDA devices; use cpu")
    return device


@contextmanager
def _repeatable(threads: int) -> Iterator[None]:
    """The same sums in the same order in every run, whatever the machine's number of cores."""
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    # cuBLAS repeats its results with this only; it is read when the first product is made.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])


def _write(result: Result, points: Sequence[Point], out: Path) -> None:
    """Write the three files, the network last: it says that the run is whole."""
    metrics = result.metrics
    title = (
        f"{metrics['recipe']}, {metrics['multiplications']} multiplications: "
        f"{metrics['test_accuracy']:.2%}"
    )
    write_whole(out / "metrics.json", json.dumps(metrics, indent=2) + "\n")
    write_whole(out / "curve.png", picture(points, title))
    write_whole(out / "network.spn", dumps(result.network))
