"""Small PyTorch models, as users write them, that tests of training share."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Residual(nn.Module):
    """A stem, a block with an identity, one with a projection, and classes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(2, 6, 3, padding=1, bias=False),
            nn.BatchNorm2d(6),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
        )
        self.one = Block(6, 6, 1)
        self.two = Block(6, 8, 2)
        self.output = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.two(self.one(self.stem(x))).mean((2, 3)))


class Block(nn.Module):
    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1)
        self.bn2 = nn.BatchNorm2d(out)
        self.down = nn.Conv2d(channels, out, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += self.down(x)
        return self.relu(y)


class Branches(nn.Module):
    """Two branches that are joined, with functions in place of modules."""

    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Conv2d(2, 4, 3, padding=1)
        self.right = nn.Conv2d(2, 3, (1, 3), padding=(0, 1))
        self.last = nn.Linear(7 * 4, 4)

    def forward(self, x: Tensor) -> Tensor:
        left = functional.relu(self.left(x))
        right = functional.max_pool2d(functional.relu6(self.right(x)), 3, 1, 1)
        x = torch.cat((left, right), 1)
        x = functional.adaptive_avg_pool2d(x, 2)
        x = functional.dropout(x, 0.25, self.training)
        return self.last(x.view(x.size(0), -1))


class Separable(nn.Module):
    """Depthwise and pointwise convolutions, the latter without an activation behind."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(2, 4, 1),
            nn.ReLU6(),
            nn.Conv2d(4, 4, 3, 2, 1, groups=4, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU6(),
            nn.Conv2d(4, 6, 1, bias=False),
            nn.BatchNorm2d(6),
            nn.Conv2d(6, 6, 3, 1, 1, groups=2),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.2),
        )
        self.out = nn.Linear(24, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.net(x))


class Series(nn.Module):
    """One spatial axis."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(2, 4, 5, 2, 2)
        self.norm1 = nn.BatchNorm1d(4)
        self.conv2 = nn.Conv1d(4, 4, 3, padding=1)
        self.pool = nn.MaxPool1d(2)
        self.average = nn.AvgPool1d(2)
        self.hidden = nn.Linear(8, 6)
        self.norm = nn.BatchNorm1d(6)
        self.last = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.norm1(self.conv1(x)))
        x = self.pool(torch.add(x, self.conv2(x)).relu())
        x = torch.flatten(self.average(x), 1)
        return self.last(functional.relu(self.norm(self.hidden(x))))


SHAPES: dict[type[nn.Module], tuple[int, ...]] = {
    Residual: (2, 12, 12),
    Branches: (2, 6, 6),
    Separable: (2, 8, 7),
    Series: (2, 16),
}
"""Of an input, for each model."""
