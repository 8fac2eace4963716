"""`mulbudget run`: integers in, integers out, a sentence for anything else."""

from pathlib import Path

import numpy as np
import pytest

from mulbudget.spn import product_network, save
from tests.algorithms import STRASSEN
from tests.cli.conftest import Command
from tests.images import image_network
from tests.networks import example, samples


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, ">i4"])
def test_the_output_is_that_of_the_network(
    command: Command, network: Path, tmp_path: Path, dtype: str
) -> None:
    x = samples(example(), 10)
    np.save(tmp_path / "x.npy", x.astype(dtype))
    result = command("run", network, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    assert result.returncode == 0
    assert result.stdout == f"10 samples evaluated, written to {tmp_path / 'y.npy'}\n"
    y = np.load(tmp_path / "y.npy")
    assert y.dtype == np.int64
    assert np.array_equal(y, example().run(x))


@pytest.mark.parametrize("shape", [(6, 2, 5, 5), (6, 50)])
def test_images_may_be_rows(command: Command, tmp_path: Path, shape: tuple[int, ...]) -> None:
    images = image_network(5)
    save(images, tmp_path / "images.spn")
    x = np.random.default_rng(0).integers(0, 8, (6, 2, 5, 5))
    np.save(tmp_path / "x.npy", x.reshape(shape))
    files = ("--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    result = command("run", tmp_path / "images.spn", *files)
    assert result.returncode == 0, result.stderr
    assert (np.load(tmp_path / "y.npy") == images.run(x)).all()


def test_large_unsigned_integers_are_out_of_range(
    command: Command, network: Path, tmp_path: Path
) -> None:
    x = samples(example(), 2).astype(np.uint64)
    x[1, 1] = 2**64 - 1
    np.save(tmp_path / "x.npy", x)
    assert "is 18446744073709551615, outside" in refusal(command, network, tmp_path / "x.npy")


def refusal(command: Command, network: Path, x: Path) -> str:
    y = network.parent / "y.npy"
    before = sorted(network.parent.iterdir())
    result = command("run", network, "--input", x, "--output", y)
    assert result.returncode == 2
    assert sorted(network.parent.iterdir()) == before
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 3)), "holds float64, not integers: quantize the samples first"),
        (np.zeros((2, 4), int), "takes shape (samples, 3), and is given (2, 4)"),
        (np.full((2, 3), 8), "input 0 of sample 0 is 8, outside 0 to 7"),
        (np.array(["text"]), "holds <U4, not integers"),
    ],
)
def test_wrong_inputs(command: Command, network: Path, x: np.ndarray, message: str) -> None:
    np.save(network.parent / "x.npy", x)
    assert message in refusal(command, network, network.parent / "x.npy")


def test_a_file_that_holds_no_array(command: Command, network: Path, tmp_path: Path) -> None:
    x = tmp_path / "x.npy"
    assert f"cannot read {x}: No such file" in refusal(command, network, x)
    x.write_text("1, 2, 3")
    assert f"{x} is no .npy file of numbers" in refusal(command, network, x)


def test_an_output_that_cannot_be_written(command: Command, network: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", samples(example(), 2))
    y = tmp_path / "none" / "y.npy"
    result = command("run", network, "--input", tmp_path / "x.npy", "--output", y)
    assert result.returncode == 2
    assert result.stderr == f"error: cannot write {y}: No such file or directory\n"


def test_matrices_are_multiplied(command: Command, tmp_path: Path) -> None:
    save(product_network(STRASSEN, name="product"), tmp_path / "core.spn")
    a, b = np.arange(15).reshape(3, 5), np.arange(10).reshape(5, 2)
    np.save(tmp_path / "a.npy", a)
    np.save(tmp_path / "b.npy", b)
    words = ["--a", tmp_path / "a.npy", "--b", tmp_path / "b.npy", "--output", tmp_path / "c.npy"]
    result = command("run", tmp_path / "core.spn", *words)
    assert result.returncode == 0, result.stderr
    assert "3x5 by 5x2 in 6 products 2x2 by 2x2 evaluated" in result.stdout
    assert (np.load(tmp_path / "c.npy") == a @ b).all()


def test_matrices_need_a_network_that_multiplies_them(
    command: Command, network: Path, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", np.ones((2, 2), int))
    words = ["--a", tmp_path / "a.npy", "--b", tmp_path / "a.npy", "--output", tmp_path / "c.npy"]
    result = command("run", network, *words)
    assert result.returncode == 2
    assert "is no product of two matrices alone" in result.stderr
