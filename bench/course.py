"""What every network of a comparison learns from: one split, one teacher, the same copies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from sklearn.model_selection import train_test_split

from mulbudget.spn import Network
from mulbudget.train.budget import split
from mulbudget.train.data import load
from mulbudget.train.dataset import CLASSES, Dataset
from mulbudget.train.dense_task import DenseTask
from mulbudget.train.export import export, prove
from mulbudget.train.lessons import Lessons
from mulbudget.train.phases import PHASES, phase_stage
from mulbudget.train.recipe import DenseRecipe
from mulbudget.train.samples import Samples
from mulbudget.train.seeds import generator_for
from mulbudget.train.settings import override
from mulbudget.train.teacher import ensemble, teacher_stage

VALIDATION = 0.2
"""Share of the training set that settings are chosen by, and nothing learns from."""


@dataclass(frozen=True, eq=False)
class Course:
    """A data set whose test set stays unseen, and what is learned of it.

    Parameters
    ----------
    recipe : DenseRecipe
        Of the teacher, of the distortions and of distillation.
    seed : int
    data : Dataset
        Without what is held out for validation.
    x_validation : uint8, (samples, pixels)
    y_validation : int64, (samples,)
    samples : Samples
        Its test set is that of validation, for learning curves.
    lessons : Lessons
    """

    recipe: DenseRecipe
    seed: int
    data: Dataset
    x_validation: np.ndarray
    y_validation: np.ndarray
    samples: Samples
    lessons: Lessons

    @classmethod
    def begin(cls, recipe: DenseRecipe, seed: int, data_dir: Path | None = None) -> "Course":
        """Hold out a part, train the teacher, and let it look at the distorted copies."""
        torch.set_num_threads(recipe.threads)
        torch.use_deterministic_algorithms(True)
        whole = load(recipe.dataset, seed=seed, input_bits=recipe.input_bits, data_dir=data_dir)
        data, x, y = held_out(whole, seed)
        samples = Samples.of(replace(data, x_test=x, y_test=y), torch.device("cpu"))
        task = _task(recipe, data)
        generator = generator_for(seed, "teacher 1")
        teacher = task.teacher(generator)
        teacher_stage("teacher 1", teacher, task.teacher_input, recipe, samples, generator).fit(
            lambda *_: None
        )
        lessons = Lessons.of(
            recipe, samples, generator_for(seed, "student"), generator_for(seed, "copies")
        )
        lessons = lessons.taught_by(ensemble([teacher], task.teacher_input))
        return cls(recipe, seed, data, x, y, samples, lessons)

    @property
    def seen(self) -> torch.Tensor:
        """1 for a pixel that is ever seen; weights of others have no gradient, and begin as 0."""
        return torch.as_tensor(self.data.x_train.any(axis=0)).float()

    def learn(self, assignments: Sequence[str]) -> Network:
        """A sum-product network by the recipe with some fields changed, in all phases."""
        recipe = override(self.recipe, assignments)
        task, generator = _task(recipe, self.data), generator_for(self.seed, "student")
        model = task.student(None, generator)
        with torch.no_grad():
            model.spn_layers()[0].wb.mul_(self.seen)
        for phase in PHASES:
            if phase != model.phase:
                model.enter(phase)
            stage = phase_stage(phase, model, recipe, self.lessons, task.penalties, generator)
            stage.fit(lambda *_: None)
        network = export(model, recipe.name, self.data.input.flat)
        for x in (self.x_validation, self.data.x_test):
            prove(model, network, x.astype(np.int64))
        return network


def held_out(data: Dataset, seed: int) -> tuple[Dataset, np.ndarray, np.ndarray]:
    """The data set without a share of its training set, and images and labels of that share."""
    rest, held = map(
        np.asarray,
        train_test_split(
            np.arange(len(data.y_train)),
            test_size=VALIDATION,
            stratify=data.y_train,
            random_state=seed,
        ),
    )
    learned = replace(data, x_train=data.x_train[rest], y_train=data.y_train[rest])
    return learned, data.x_train[held], data.y_train[held]


def _task(recipe: DenseRecipe, data: Dataset) -> DenseTask:
    shape = split(recipe, data.input.flat.shape[0], recipe.outputs(CLASSES))
    return DenseTask(recipe, shape, data, torch.device("cpu"))
