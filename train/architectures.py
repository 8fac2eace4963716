"""The convolutional networks of the recipes, in full precision."""

import math
from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional

from mulbudget.spn import UserError

Architecture = Callable[[tuple[int, ...], tuple[int, ...], int], nn.Module]
"""From the channels of each stage, an image's channels, height and width, and the classes."""


def mnist_cnn(channels: tuple[int, ...], image: tuple[int, ...], classes: int) -> nn.Module:
    """Three convolutions: of images of 28 x 28 to 14 x 14, 14 x 14 and 7 x 7, then 3 x 3 entries.

    Parameters
    ----------
    channels : tuple of three int
    image : tuple of three int
    classes : int
    """
    first, second, third = _stages(channels, 3)
    inputs, *sides = image
    entries = math.prod((side + 1) // 2 // 2 // 2 for side in sides)
    return nn.Sequential(
        *_block(inputs, first, kernel=5, stride=2),
        *_block(first, second),
        nn.MaxPool2d(2),
        *_block(second, third),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(third * entries, classes),
    )


def cifar10_small(channels: tuple[int, ...], image: tuple[int, ...], classes: int) -> nn.Module:
    """Four convolutions: of images of 32 x 32 to 16 x 16 twice, 8 x 8 twice, then 4 x 4 entries.

    Parameters
    ----------
    channels : tuple of three int
        Of the first, of the second, and of the third and fourth convolution.
    image : tuple of three int
    classes : int
    """
    first, second, third = _stages(channels, 3)
    inputs, *sides = image
    entries = math.prod((side + 1) // 2 // 2 // 2 for side in sides)
    return nn.Sequential(
        *_block(inputs, first, kernel=3, stride=2),
        *_block(first, second),
        nn.MaxPool2d(2),
        *_block(second, third),
        *_block(third, third),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(third * entries, classes),
    )


class ResNet20(nn.Module):
    """Three stages of three residual blocks (He et al. 2016, section 4.2), on images of 32 x 32.

    Parameters
    ----------
    channels : tuple of three int
        16, 32 and 64 in the paper.
    image : tuple of three int
    classes : int
    """

    def __init__(self, channels: tuple[int, ...], image: tuple[int, ...], classes: int) -> None:
        super().__init__()
        widths = _stages(channels, 3)
        self.stem = nn.Sequential(*_block(image[0], widths[0]))
        blocks, given = [], widths[0]
        for stage, width in enumerate(widths):
            for block in range(3):
                blocks.append(Residual(given, width, 2 if stage and not block else 1))
                given = width
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(given, classes)

    def forward(self, x: Tensor) -> Tensor:
        """(samples, *image) to (samples, classes)."""
        return self.fc(self.blocks(self.stem(x)).mean((2, 3)))


class Residual(nn.Module):
    """Two convolutions, added to what they take; a 1 x 1 convolution where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(samples, inputs, height, width) to (samples, outputs, height / stride, ...)."""
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


ARCHITECTURES: dict[str, Architecture] = {
    "mnist-cnn": mnist_cnn,
    "cifar10-small": cifar10_small,
    "cifar10-resnet20": ResNet20,
}
"""By the name of their recipe."""


def _block(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def _stages(channels: tuple[int, ...], count: int) -> tuple[int, ...]:
    if len(channels) != count:
        raise UserError(f"recipe field channels has {len(channels)} values: give {count}")
    return channels
