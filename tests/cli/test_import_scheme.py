"""`mulbudget import-scheme` writes the network of a published algorithm."""

from pathlib import Path

import numpy as np

from mulbudget.spn import find_product, load
from tests.algorithms import STRASSEN, scheme_line
from tests.cli.conftest import Command


def test_a_scheme_becomes_a_network(command: Command, tmp_path: Path) -> None:
    path, out = tmp_path / "schemes.jsonl", tmp_path / "strassen.spn"
    path.write_text(scheme_line(STRASSEN) + "\n" + scheme_line(STRASSEN, "again") + "\n")
    result = command("import-scheme", path, "--name", "again", "--bits", 4, "--out", out)
    assert result.returncode == 0, result.stderr
    network = load(out)
    assert np.array_equal(find_product(network).scheme.wc, STRASSEN.wc)
    assert network.input.range.ends[0] == (-8, 7)
    assert network.provenance["name"] == "again" and network.provenance["rank"] == 7
    assert "again: 2x2 by 2x2 with 7 products and 18 naive additions is exact" in result.stdout


def test_a_wrong_one_is_one_sentence(command: Command, tmp_path: Path) -> None:
    path, out = tmp_path / "schemes.jsonl", tmp_path / "strassen.spn"
    path.write_text(scheme_line(STRASSEN, Wb=(-STRASSEN.wb).tolist()))
    result = command("import-scheme", path, "--out", out)
    assert result.returncode == 2 and "not exact: c11 has a11 b11 -1 times" in result.stderr
    assert result.stderr.count("\n") == 1 and not out.exists()
