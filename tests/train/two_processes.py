"""Two phases of a small network by as many processes as `torchrun` starts; keeps its weights."""

import sys
from pathlib import Path

import torch
from torch import nn

from mulbudget.train import processes
from mulbudget.train.layers import Precision
from mulbudget.train.lessons import Lessons
from mulbudget.train.phases import phase_stage
from mulbudget.train.recipes import MNIST_CNN
from mulbudget.train.samples import Samples
from mulbudget.train.seeds import generator_for, seeded
from mulbudget.train.settings import override
from mulbudget.train.strassenify import strassenify

SETTINGS = ["batch=16", "full_epochs=2", "ternary_epochs=2", "ternary_rate=0.002", "copies=2"]


def samples() -> Samples:
    """Random images of 4 by 4 pixels in 3 classes."""
    generator = generator_for(0, "samples")
    x = torch.randint(16, (64, 16), generator=generator).byte()
    y = torch.randint(3, (64,), generator=generator)
    return Samples(x, y, x[:9], y[:9], image=(1, 4, 4), high=15)


def main(out: Path) -> None:
    """Train and write the weights of the first process."""
    recipe = override(MNIST_CNN, SETTINGS)
    with processes.together(torch.device("cpu")):
        generator = generator_for(0, "student")
        with seeded(generator):
            convolution = nn.Conv2d(1, 4, 3, padding=1, bias=False)
            norms = nn.BatchNorm2d(4)
            net = nn.Sequential(convolution, norms, nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))
        lessons = Lessons.of(recipe, samples(), generator, generator_for(0, "copies"))
        x = torch.zeros(2, 1, 4, 4)
        precision = Precision(quantizer="fixed", bias_places=0)
        model = strassenify(
            net, x, activation_bits=3, input_fraction=4, precision=precision, generator=generator
        )
        penalties = torch.full((2, 2), 0.01)
        for phase in ("full", "ternary"):
            model.enter(phase)
            phase_stage(phase, model, recipe, lessons, penalties, generator).fit(lambda *_: None)
        if processes.rank() == 0:
            torch.save({"count": processes.count(), "weights": model.state_dict()}, out)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
