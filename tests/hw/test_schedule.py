import pytest

from mulbudget.hw.datapath import Constant, Datapath, Input, Op, Product, Shift, Sum
from mulbudget.hw.schedule import schedule, unregistered


def chain(length: int) -> Datapath:
    """x0 + x1 + x1 + … with `length` adders, each 4 bits wide."""
    ops: list[Op] = [
        Input(name=f"x{number}", low=0, high=15, channel=number) for number in range(2)
    ]
    for number in range(length):
        before = len(ops) - 1 if number else 0
        ops.append(Sum(name=f"n{number}", low=0, high=15, operands=(before, 1)))
    return Datapath(tuple(ops), (len(ops) - 1,))


@pytest.mark.parametrize(
    ("adders", "levels", "latency"), [(1, 1, 1), (4, 1, 4), (4, 2, 2), (5, 2, 3), (4, 9, 1)]
)
def test_latency_is_one_clock_for_every_so_many_adders(
    adders: int, levels: int, latency: int
) -> None:
    assert schedule(chain(adders), levels).latency == latency


def test_a_value_is_kept_until_it_is_last_used() -> None:
    # x1 passes 3 registers, and n0, n1, n2 and n3 one each.
    assert schedule(chain(4), 1).register_bits == 4 * (3 + 4)


def test_a_product_takes_the_clocks_of_its_registers_and_ends_a_stage() -> None:
    ops = (
        Input(name="x", low=0, high=3, channel=0),
        Product(name="z", low=0, high=9, operands=(0,), constant=3),
    )
    plan = schedule(Datapath(ops, (1,)), 2)
    assert (plan.stages, plan.latency, plan.register_bits) == ((0, 2), 2, 0)


def test_what_is_kept_is_the_value_not_its_shift() -> None:
    ops = (
        Input(name="x", low=0, high=3, channel=0),
        Shift(name="y", low=0, high=24, operands=(0,), shift=3),
    )
    plan = schedule(Datapath(ops, (1,)), 1)
    assert (plan.stages, plan.latency, plan.register_bits) == ((0, 1), 1, 2)


def test_without_registers_all_happens_at_once() -> None:
    plan = unregistered(chain(4))
    assert (set(plan.stages), plan.latency, plan.register_bits) == ({0}, 0, 0)


def test_constants_wait_for_nothing() -> None:
    plan = schedule(Datapath((Constant(name="v", low=7, high=7),), (0,)), 1)
    assert (plan.latency, plan.register_bits) == (1, 0)


def test_an_input_that_is_an_output_passes_one_register() -> None:
    ops = (Input(name="x", low=0, high=3, channel=0),)
    assert schedule(Datapath(ops, (0,)), 4).latency == 1
