"""Clocks that are said before synthesis: what makes them slower, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.random_networks import dense, images
from mulbudget.hw.estimate import pieces
from mulbudget.hw.families import FAMILIES, find_family
from mulbudget.hw.plan import make_plan
from mulbudget.hw.speed import (
    Chain,
    Delays,
    chain_of,
    delays,
    fmax_mhz,
    network_fmax_mhz,
    period_ns,
)
from mulbudget.hw.styles import parse, styles_of
from mulbudget.spn import Network

DENSE = dense((64, 24, 10), density=0.4)
NETWORKS = {"dense": DENSE, "images": images((1, 3, 6), 8, density=0.4, seed=5)}


def _chains(network: Network, style: str, levels: int, dsp: int = 156) -> dict[str, Chain]:
    styles = styles_of(network, [style])
    made = pieces(network, find_family("ecp5"), styles, dsp)
    return {piece.node.name: chain_of(piece, network, levels) for piece in made}


@pytest.mark.parametrize("style", ["parallel", "serial", "serial:4", "folded", "folded:4:2"])
@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS.keys())
def test_no_layer_has_more_adders_between_registers_than_it_may(
    network: Network, style: str
) -> None:
    for levels in (1, 2, 8):
        chains = _chains(network, style, levels)
        assert all(1 <= chain.levels <= levels for chain in chains.values())


def test_an_argmax_compares_and_chooses_in_rounds() -> None:
    assert _chains(DENSE, "parallel", 100)["argmax"].levels == 2 * 4


def test_adders_are_counted_as_the_adder_graphs_are_deep() -> None:
    plan = make_plan(DENSE, family="ecp5", dsp=156)
    made = {layer.node.name: layer.datapath.figures for layer in plan.layers}
    for name in ("fc1", "fc2"):
        said = _chains(DENSE, "parallel", 100)[name].levels
        assert said - 1 <= made[name]["depth_wb"] <= said


def test_products_in_logic_are_in_the_chain() -> None:
    with_dsp = _chains(DENSE, "parallel", 100)["fc1"].levels
    assert _chains(DENSE, "parallel", 100, dsp=0)["fc1"].levels > with_dsp


def test_a_digit_is_all_of_a_serial_carry_chain() -> None:
    assert _chains(DENSE, "serial:4", 8)["fc1"].bits == 4


@pytest.mark.parametrize("family", FAMILIES)
def test_fewer_adders_between_registers_make_no_layer_slower(family: str) -> None:
    device = find_family(family)
    styles = {"fc1": parse("folded"), "fc2": parse("parallel")}
    made = pieces(DENSE, device, styles, 0)
    for faster, slower in ((1, 2), (2, 4), (4, 8)):
        for piece in made:
            assert fmax_mhz(piece, DENSE, device, faster) >= fmax_mhz(piece, DENSE, device, slower)
    clocks = [network_fmax_mhz(made, DENSE, device, levels) for levels in (1, 8)]
    assert clocks[0] > 1.2 * clocks[1]
    assert clocks[1] <= min(fmax_mhz(piece, DENSE, device, 8) for piece in made)


chains = st.lists(st.builds(Chain, st.integers(1, 8), st.integers(1, 30)), min_size=1, max_size=20)


@given(chains)
def test_the_slowest_layer_or_the_handshake_decides(found: list[Chain]) -> None:
    family = Delays(base=2, level=1.5, bit=0.1, hop=0.5)
    handshake = 2 + 0.5 * (len(found) + 5)
    slowest = max(2 + each.levels * (1.5 + 0.1 * each.bits) for each in found)
    assert period_ns(found, family) == pytest.approx(max(handshake, slowest))


def test_delays_are_positive() -> None:
    for family in delays().values():
        assert min(family.base, family.level, family.hop) > 0 <= family.bit
