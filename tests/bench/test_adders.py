"""What the bench of adders measures on, and how it counts what others found."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from bench import matrices, peers, report


def test_the_random_matrices_are_the_same_in_every_run() -> None:
    drawn = [case.matrix().astype(np.int8).tobytes() for case in matrices.RANDOM]
    assert len(drawn) == 30
    assert hashlib.sha256(b"".join(drawn)).hexdigest()[:8] == "35100182"


@pytest.mark.parametrize("case", matrices.RANDOM, ids=str)
def test_a_random_matrix_is_what_it_says(case: matrices.Random) -> None:
    matrix = case.matrix()
    assert matrix.shape == (case.n_out, case.n_in)
    assert set(np.unique(matrix)) == {-1, 0, 1}
    spread = 4 / (2 * np.sqrt(matrix.size))  # of four standard deviations or more
    assert abs((matrix == 0).mean() - case.zeros) < spread
    assert abs(matrix.mean()) < 2 * spread


def test_the_parts_of_a_scheme_multiply_matrices(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MULBUDGET_DATA", str(data_dir))
    strassen = matrices.schemes()[0]
    assert strassen.name.startswith("2x2x2")
    a, b = np.random.default_rng(0).integers(-9, 10, (2, 2, 2))
    wa, wb, wc = strassen.parts
    c = wc @ ((wa @ a.ravel()) * (wb @ b.ravel()))
    assert (c == (a @ b).ravel()).all()


def test_the_geometric_mean_of_opposite_ratios_is_one() -> None:
    assert report.geometric_mean([0.5, 2, 1]) == pytest.approx(1)
    assert report.geometric_mean([0.9, 0.9]) == pytest.approx(0.9)


@pytest.mark.parametrize("name", peers.NAMES)
def test_only_the_additions_of_a_peer_count(name: str) -> None:
    if name not in peers.installed():
        pytest.skip(f"{name} is not installed: pip install -e '.[peers]'")
    tree = peers.solve(name, np.ones((1, 8), np.int64))
    assert (tree.adders, tree.depth) == (7, 3)
    shared = peers.solve(name, np.array([[1, 1, 0], [1, 1, 1], [-1, -1, 0], [0, 0, 1], [0, 0, 0]]))
    assert (shared.adders, shared.depth) == (2, 2)
