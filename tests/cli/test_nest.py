"""`mulbudget nest` and `mulbudget tile`: larger products from smaller ones."""

from pathlib import Path

import pytest

from mulbudget.spn import find_product, load, product_network, save, standard
from tests.algorithms import STRASSEN
from tests.cli.conftest import Command


@pytest.fixture
def core(tmp_path: Path) -> Path:
    path = tmp_path / "core.spn"
    save(product_network(STRASSEN, name="core", bits=5), path)
    return path


def test_two_algorithms_nest(command: Command, core: Path, tmp_path: Path) -> None:
    save(product_network(standard(1, 3, 2), name="inner", bits=7), tmp_path / "inner.spn")
    result = command("nest", core, tmp_path / "inner.spn", "--out", tmp_path / "both.spn")
    assert result.returncode == 0, result.stderr
    assert "2x6 by 6x4 with 42 products instead of 48" in result.stdout
    network = load(tmp_path / "both.spn")
    assert network.name == "product2x6x4"
    assert set(network.input.range.ends) == {(-64, 63)}
    assert find_product(network).scheme.r == 42


def test_a_core_is_tiled(command: Command, core: Path, tmp_path: Path) -> None:
    out = tmp_path / "tiled.spn"
    result = command("tile", core, "3", "8", "5", "--out", out, "--name", "wide_one")
    assert result.returncode == 0, result.stderr
    assert "3x8 by 8x5 in 24 products 2x2 by 2x2 of 7 multiplications" in result.stdout
    network = load(out)
    assert network.name == "wide_one"
    assert find_product(network).size == (3, 8, 5)
    assert set(network.input.range.ends) == {(-16, 15)}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tile", "core.spn", "0", "4", "4"], "sizes are (0, 4, 4), not three of 1 or more"),
        (["tile", "net.spn", "4", "4", "4"], "is no product of two matrices alone"),
        (["nest", "core.spn", "net.spn"], "is no product of two matrices alone"),
        (["nest", "large.spn", "large.spn"], "equations"),
    ],
)
def test_what_cannot_be_built_is_refused(
    command: Command, core: Path, network: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    save(product_network(standard(6, 6, 6), name="six"), tmp_path / "large.spn")
    files = {"core.spn": core, "net.spn": network, "large.spn": tmp_path / "large.spn"}
    out = tmp_path / "out.spn"
    result = command(*(files.get(word, word) for word in words), "--out", out)
    assert result.returncode == 2
    assert message in result.stderr
    assert not out.exists()
