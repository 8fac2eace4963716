"""What is said of a network's latency, beside that of its hardware."""

import pytest

from bench.random_networks import dense, images
from mulbudget.hw.accelerator import Accelerator
from mulbudget.hw.choose import Chooser
from mulbudget.hw.estimate import Need
from mulbudget.hw.families import find_family
from mulbudget.hw.plan import make_plan
from mulbudget.hw.styles import Folded, Parallel, Serial, Style, styled
from mulbudget.spn import Network

ECP5 = find_family("ecp5")
ROOM = Need(lut=1e6, ff=1e6, dsp=200, bram=200, carry=1e6)


@pytest.mark.parametrize("levels", [1, 3, 8])
@pytest.mark.parametrize("style", [Parallel(), Serial(1), Serial(4), Folded(4, 4), Folded(2, 2)])
@pytest.mark.parametrize(
    "network",
    [
        dense((64, 24, 10), density=0.4),
        dense((40, 24, 16, 6), density=0.3),
        images((1, 4, 8), 12, density=0.4),
    ],
    ids=["dense", "three layers", "images"],
)
def test_it_is_about_that_of_the_hardware(network: Network, style: Style, levels: int) -> None:
    fixed = {node.name: style for node in styled(network)}
    choice = Chooser(network, ECP5, 28, fixed, levels).fastest(ROOM)
    assert choice is not None
    plan = make_plan(
        network, family="ecp5", dsp=choice.dsp, levels_per_stage=levels, styles=choice.styles
    )
    made = Accelerator(network, plan).latency
    assert made * 0.8 - 2 <= choice.latency <= made * 1.25 + 2
