from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.datapath import Constant, Datapath, Input, Op, Sum
from mulbudget.hw.lower import live_products, lower_sum_product
from mulbudget.hw.schedule import Schedule, schedule
from mulbudget.spn import SumProduct, width
from tests.networks import networks


@st.composite
def datapaths(draw: st.DrawFn) -> Datapath:
    """Of sum-product layers, some of whose products are in multipliers."""
    network = draw(networks(max_layers=1))
    layer, x = network.nodes[0].operator, network.input.range
    assert isinstance(layer, SumProduct)
    dsp = draw(st.sets(st.sampled_from(live_products(layer, x) or [0])))
    return lower_sum_product(layer, x, dsp=dsp, registers=draw(st.integers(1, 2)))


@given(datapaths(), st.integers(1, 4))
def test_no_chain_of_adders_between_registers_is_longer_than_asked_for(
    datapath: Datapath, levels: int
) -> None:
    made, depth = schedule(datapath, levels), []
    for value, op in enumerate(datapath.ops):
        start = made.stages[value] - op.clocks
        before = [
            depth[each] if made.stages[each] == start else 0
            for each in op.operands
            if not isinstance(datapath.ops[each], Constant)
        ]
        depth.append(0 if op.clocks else max(before, default=0) + op.levels)
        assert depth[-1] <= levels
    assert not any(depth[each] and made.stages[each] == made.latency for each in datapath.outputs)


@given(datapaths(), st.integers(1, 4))
def test_every_operand_is_there_and_is_kept_until_it_is_taken(
    datapath: Datapath, levels: int
) -> None:
    made = schedule(datapath, levels)
    for value, op in enumerate(datapath.ops):
        for each in op.operands:
            if not isinstance(datapath.ops[each], Constant):
                start = made.stages[value] - op.clocks
                assert made.stages[each] <= start <= made.last[each]
        assert 0 <= made.stages[value] <= made.last[value] <= made.latency


def held(datapath: Datapath, made: Schedule) -> float:
    """Flip-flops, those behind the adder that makes their bit hardly counted."""
    total = 0.0
    for value, op in enumerate(datapath.ops):
        kept = made.last[value] - made.stages[value]
        first = min(kept, 1) * (0.1 if op.levels else 1)
        total += width(op.low, op.high)[0] * (first + max(kept - 1, 0))
    return total


def beside_a_chain(pair: tuple[int, int], step: int) -> list[Op]:
    """Three inputs, a sum of two of them, and three adders one behind the other on input `step`."""
    ops: list[Op] = [Input(name=f"x{each}", low=0, high=15, channel=each) for each in range(3)]
    ops.append(Sum(name="pair", low=0, high=30, operands=pair))
    before = step
    for number in range(3):
        ops.append(Sum(name=f"n{number}", low=0, high=15, operands=(before, step)))
        before = len(ops) - 1
    return ops


def test_sums_of_few_bits_wait_and_not_what_they_are_made_of() -> None:
    """x1 + x2 is needed last: its 5 bits wait, not the 8 of its terms."""
    ops = beside_a_chain((1, 2), 0)
    ops.append(Sum(name="end", low=0, high=45, operands=(6, 3)))
    assert schedule(Datapath(tuple(ops), (7,)), 1).stages[3] == 0


def test_terms_that_others_need_wait_and_not_their_sum() -> None:
    """x0 waits for the last adder but one anyway, so that x0 + x0 comes when it is needed."""
    ops = beside_a_chain((0, 0), 1)
    ops.append(Sum(name="late", low=0, high=30, operands=(6, 0)))
    ops.append(Sum(name="end", low=0, high=60, operands=(7, 3)))
    datapath = Datapath(tuple(ops), (8,))
    made = schedule(datapath, 1)
    assert made.stages[3] == 3
    soonest = Schedule((0, 0, 0, 0, 0, 1, 2, 3, 4), (3, 2, 0, 4, 1, 2, 3, 4, 5), 5, 0)
    assert held(datapath, made) < held(datapath, soonest)
