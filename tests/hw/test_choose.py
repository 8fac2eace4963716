"""Choices that fit a device, and are as fast as it allows."""

from dataclasses import replace

import pytest

from bench.random_networks import dense, images
from mulbudget.hw.accelerator import Accelerator
from mulbudget.hw.choose import RESOURCES, Choice, Chooser
from mulbudget.hw.cuts import in_blocks
from mulbudget.hw.datapath import Datapath
from mulbudget.hw.estimate import Need
from mulbudget.hw.families import find_family
from mulbudget.hw.plan import make_plan
from mulbudget.hw.schedule import schedule
from mulbudget.hw.styles import Folded, Parallel, Serial
from mulbudget.spn import Network, UserError

DENSE = dense((64, 24, 10), density=0.4)
IMAGES = images((1, 4, 8), 12, density=0.4)
ECP5 = find_family("ecp5")
ROOM = Need(lut=20_000, ff=20_000, dsp=28, bram=56, carry=20_000)


def fits(choice: Choice, limit: Need) -> bool:
    return all(getattr(choice.total, name) <= getattr(limit, name) for name in RESOURCES)


@pytest.mark.parametrize("network", [DENSE, IMAGES], ids=["dense", "images"])
def test_more_room_is_never_slower(network: Network) -> None:
    chooser, before = Chooser(network, ECP5, 28, {}), None
    for lut in (2_500, 4_000, 6_000, 10_000, 16_000, 30_000):
        limit = replace(ROOM, lut=lut)
        choice = chooser.fastest(limit)
        if choice is None:
            assert before is None
            continue
        assert fits(choice, limit)
        assert before is None or choice.total.interval <= before
        before = choice.total.interval
    assert before is not None


def test_enough_room_is_for_the_parallel_style() -> None:
    choice = Chooser(DENSE, ECP5, 28, {}).fastest(ROOM)
    assert choice is not None
    assert choice.styles == {"fc1": Parallel(), "fc2": Parallel()}
    assert (choice.total.interval, choice.bound) == (1, ())


def test_what_bounds_a_choice_is_named() -> None:
    choice = Chooser(DENSE, ECP5, 28, {}).fastest(replace(ROOM, lut=3_500))
    assert choice is not None
    assert choice.total.interval > 1
    assert choice.bound == ("lut",)


def test_carry_chains_are_limited_by_themselves() -> None:
    chooser = Chooser(DENSE, ECP5, 28, {})
    choice = chooser.fastest(replace(ROOM, carry=1_500))
    assert choice is not None
    assert choice.total.carry <= 1_500
    assert (choice.total.interval > 1, choice.bound) == (True, ("carry",))


def test_nothing_fits_where_there_is_no_room() -> None:
    chooser = Chooser(DENSE, ECP5, 28, {})
    assert chooser.fastest(replace(ROOM, lut=500)) is None
    assert chooser.least()["lut"] > 500


def test_a_fixed_style_stays() -> None:
    choice = Chooser(DENSE, ECP5, 28, {"fc1": Serial(1)}).fastest(ROOM)
    assert choice is not None
    assert choice.styles["fc1"] == Serial(1)


def test_the_smallest_is_no_faster_than_asked() -> None:
    chooser = Chooser(DENSE, ECP5, 28, {})
    fast, slow = (chooser.smallest(ROOM, interval) for interval in (1, 100))
    assert fast is not None and slow is not None
    assert slow.total.lut < fast.total.lut
    assert fast.total.interval == 1 < slow.total.interval <= 100


@pytest.mark.parametrize("network", [DENSE, IMAGES], ids=["dense", "images"])
@pytest.mark.parametrize("lut", [2_200, 2_500, 3_000, 4_000, 5_000, 6_000])
def test_multipliers_and_intervals_are_those_of_the_plan(network: Network, lut: int) -> None:
    choice = Chooser(network, ECP5, 28, {}).fastest(replace(ROOM, lut=lut))
    if choice is None:
        pytest.skip(f"nothing fits in {lut:,} LUTs")
    plan = make_plan(network, family="ecp5", dsp=choice.dsp, styles=choice.styles)
    assert plan.dsp == choice.total.dsp
    said = choice.total.interval
    # Layers that take turns make each other wait a few clocks, or none.
    assert said <= Accelerator(network, plan).interval <= said + 8


def test_folded_layers_behind_each_other_take_blocks_as_they_come() -> None:
    choice = Chooser(DENSE, ECP5, 28, {}).smallest(ROOM, 64)
    assert choice is not None
    first, second = choice.styles["fc1"], choice.styles["fc2"]
    if isinstance(first, Folded) and isinstance(second, Folded):
        assert "fc1" in in_blocks(DENSE, choice.styles)
        assert first.multipliers == second.lanes


def test_fixed_styles_go_together_whatever_their_blocks() -> None:
    fixed = {"fc1": Folded(4, 1), "fc2": Folded(3, 2)}
    choice = Chooser(DENSE, ECP5, 28, fixed).fastest(ROOM)
    assert choice is not None and choice.styles == fixed
    plan = make_plan(DENSE, family="ecp5", dsp=choice.dsp, styles=choice.styles)
    assert Accelerator(DENSE, plan).interval == choice.total.interval


def test_a_digit_longer_than_the_words_of_its_layer_is_refused() -> None:
    with pytest.raises(UserError, match=r"layer fc2: a digit of 40 bits exceeds its words of"):
        Chooser(DENSE, ECP5, 28, {"fc2": Serial(40)})


@pytest.mark.parametrize("network", [DENSE, IMAGES], ids=["dense", "images"])
def test_a_latency_bounds_the_choice(network: Network) -> None:
    chooser = Chooser(network, ECP5, 28, {})
    fast = chooser.fastest(ROOM)
    assert fast is not None
    bound = fast.latency * 2
    slow = chooser.smallest(ROOM, 100_000)
    within = chooser.smallest_within(ROOM, 100_000, bound)
    assert slow is not None and within is not None
    assert within.latency <= bound < slow.latency
    assert slow.total.lut <= within.total.lut
    quick = chooser.fastest(ROOM, latency=bound)
    assert quick is not None and quick.total.interval == fast.total.interval
    assert chooser.fastest(ROOM, latency=3) is None


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_flip_flops_are_those_of_so_many_adders_between_registers(levels: int) -> None:
    choice = Chooser(DENSE, ECP5, 28, {}, levels).fastest(ROOM)
    assert choice is not None and choice.styles == {"fc1": Parallel(), "fc2": Parallel()}
    plan = make_plan(
        DENSE, family="ecp5", dsp=choice.dsp, levels_per_stage=levels, styles=choice.styles
    )
    datapaths = [layer.datapath for layer in plan.layers if isinstance(layer.datapath, Datapath)]
    held = sum(schedule(each, levels).register_bits for each in datapaths)
    said = choice.total.ff - choice.link.ff
    assert 0.7 * held < said < 1.5 * held


@pytest.mark.parametrize("digit", [1, 4])
def test_flip_flops_of_serial_layers_follow_the_adders_between_registers(digit: int) -> None:
    styles = {"fc1": Serial(digit), "fc2": Serial(digit)}
    said, held = [], []
    for levels in (1, 8, 64):
        choice = Chooser(DENSE, ECP5, 0, styles, levels).fastest(ROOM)
        assert choice is not None
        said.append(choice.total.ff)
        plan = make_plan(DENSE, family="ecp5", dsp=0, levels_per_stage=levels, styles=choice.styles)
        serial = [each.datapath for each in plan.layers if isinstance(each.style, Serial)]
        held.append(
            sum(
                schedule(each, levels, digit=digit).register_bits
                for each in serial
                if isinstance(each, Datapath)
            )
        )
    # Carries, and what says which digit is in a stage, are registers beside those of the schedule.
    assert 1 < (said[0] - said[1]) / (held[0] - held[1]) < 3
    assert said[1] == said[2] > 0
