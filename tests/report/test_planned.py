"""The plan of a page, and what could be chosen instead."""

from dataclasses import replace

import pytest

from mulbudget.boards.catalogue import find_board
from mulbudget.boards.planning import plan_board
from mulbudget.report.planned import planned
from mulbudget.spn import ArgMax, Network, Node, Range, Tensor, UserError, product_network
from tests.algorithms import STRASSEN
from tests.report.facts import BOARD, plan, small


def test_it_is_the_plan_of_the_command() -> None:
    choice = plan_board(small(), BOARD)
    assert plan().choice.styles == choice.styles
    assert plan().choice.total == choice.total


def test_layers_and_the_link_make_the_total() -> None:
    needs = [need for _, need in plan().layers.values()]
    assert list(plan().layers) == [node.name for node in small().nodes]
    total = sum(needs, start=plan().link)
    assert total.lut == pytest.approx(plan().choice.total.lut)
    assert total.interval == plan().choice.total.interval


def test_given_styles_are_of_the_plan_and_not_of_the_curve() -> None:
    slow = planned(small(), BOARD, style=["fc1=serial"])
    assert str(slow.choice.styles["fc1"]) == "serial:1"
    assert [each.total for each in slow.front] == [each.total for each in plan().front]


def test_fewer_multipliers_are_of_both() -> None:
    few = planned(small(), BOARD, dsp=3)
    assert few.limit.dsp == 3
    assert max(each.total.dsp for each in (few.choice, *few.front)) <= 3


def test_what_a_choice_is_short_of() -> None:
    fast = plan().front[0]
    assert plan().short(fast) == []
    limit = replace(plan().limit, lut=1, carry=1)
    assert replace(plan(), limit=limit).short(fast) == ["lut", "carry"]
    assert plan().rate(fast) == BOARD.clock_mhz * 1e6 / fast.total.interval


def test_faster_choices_that_fit_are_told_unless_styles_were_given() -> None:
    fast, slow = plan().front[0], plan().front[-1]
    assert plan().passed_over == []
    slowed = replace(plan(), choice=slow)
    assert slowed.passed_over == list(plan().front[:-1])
    assert replace(slowed, free=False).passed_over == []
    tight = replace(slowed, limit=replace(plan().limit, lut=fast.total.lut - 1))
    assert fast not in tight.passed_over


@pytest.mark.parametrize(
    ("network", "board", "message"),
    [
        (small(), "arty-a7-35", "Xilinx, whose tools alone .* leave --board out"),
        (product_network(STRASSEN, name="core"), BOARD.name, "is a product of matrices"),
        (
            Network(
                "top", Tensor((3,), 0, Range.uniform(0, 7, 3)), [Node("argmax", ArgMax(), "x")]
            ),
            BOARD.name,
            "top has no sum-product layer, so there is nothing to plan",
        ),
    ],
)
def test_what_has_no_plan_is_said(network: Network, board: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        planned(network, find_board(board))
