"""The rows of the table of layers."""

import pytest

from mulbudget.report.facts import Facts, layers_of, width_title
from mulbudget.spn import Network, Range, Tensor, digest, product_network
from tests.algorithms import STRASSEN
from tests.images import image_network
from tests.networks import example


def facts(network: Network, **more: object) -> Facts:
    return Facts(network=network, digest=digest(network), **more)  # pyright: ignore[reportArgumentType]


def test_layers_of_the_example() -> None:
    """By hand: Wb and Wc of fc1 have 2 non-zeros in two rows each, 7 biases and chains beside."""
    fc1, act1, fc2, _ = layers_of(facts(example(), adders={"fc1": 3, "fc2": 1, "act1": 9}))
    assert (fc1.kind, fc1.shape, fc1.r, fc1.entries) == ("sum-product", "3→2→3", 2, 12)
    # Rows of Wb have 2 and 2 entries, those of Wc 2, 1 and 1.
    assert (fc1.sums, fc1.adders) == (3, 3)
    # u of x from 0 to 7 is -7 to 7 and 0 to 14, z -21 to 21 and -56 to 0, v -75 to 23.
    assert fc1.bits == "5 · 7 · 8"
    assert (fc2.sums, fc2.adders) == (1, 1)
    assert (act1.counts, act1.r, act1.sums, act1.adders, act1.bits) == (None, None, 0, None, "4")


def test_sums_are_naive_additions_without_biases() -> None:
    for layer in layers_of(facts(image_network())):
        if layer.counts is not None:
            assert 0 < layer.sums <= layer.counts.additions
    (core,) = layers_of(facts(product_network(STRASSEN, name="core", size=(4, 2, 3))))
    assert core.counts is not None
    assert core.sums == core.counts.additions  # there is no bias


@pytest.mark.parametrize(
    ("low", "high", "words"), [(0, 1, "1 bit"), (0, 15, "4 bits"), (-8, 7, "4 bits, signed")]
)
def test_widths_in_words(low: int, high: int, words: str) -> None:
    assert width_title(Tensor((2,), 0, Range.uniform(low, high, 2))) == words
