"""Published figures are plain data: a machine that shows a network never loads PyTorch."""

import subprocess
import sys

from mulbudget.train.published import PUBLISHED


def test_accuracies_are_shares() -> None:
    for published in PUBLISHED.values():
        assert published.test_accuracy
        assert all(0 < each < 1 for each in published.test_accuracy.values())


def test_the_network_of_the_authors_log() -> None:
    published = PUBLISHED["cifar10-resnet20"]
    assert published.test_accuracy == {
        "full precision": 0.9137, "ternary phase": 0.9051, "frozen phase": 0.9079
    }  # fmt: skip


def test_reading_them_loads_no_pytorch() -> None:
    program = "import sys, mulbudget.cli.show; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
