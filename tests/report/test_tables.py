"""The tables of a page."""

from dataclasses import replace

from mulbudget.hw.styles import Folded, Parallel
from mulbudget.report.facts import layers_of
from mulbudget.report.runs import Run
from mulbudget.report.tables import (
    curve_table,
    layers_table,
    plan_table,
    runs_table,
    styles_title,
)
from mulbudget.spn import network_counts
from tests.report.facts import BOARD, everything, plan, small


def test_every_row_has_a_cell_for_every_column() -> None:
    facts = everything()
    layers = layers_of(facts)
    bare = layers_table(replace(facts, adders=None), layers_of(replace(facts, adders=None)))
    for table in (layers_table(facts, layers), bare, plan_table(plan()), curve_table(plan())):
        assert {len(row) for row in (*table.rows, *table.totals)} == {len(table.columns)}


def test_layers_add_up() -> None:
    facts = everything()
    table, counts = layers_table(facts, layers_of(facts)), network_counts(small())
    (total,) = table.totals
    assert total[4:6] == [f"{counts.multiplications:,}", f"{counts.non_zeros:,}"]
    assert total[-2:] == [f"{counts.additions:,}", f"{11 * len(small().nodes):,}"]
    for column, name in ((4, "multiplications"), (8, "additions")):
        cells = [int(row[column].replace(",", "")) for row in table.rows if row[column]]
        assert sum(cells) == getattr(counts, name)


def test_the_plan_ends_with_what_the_board_has() -> None:
    table = plan_table(plan())
    assert [row[0] for row in table.rows] == [*(n.name for n in small().nodes), "UART link"]
    total, has = table.totals
    assert total[3] == f"{plan().choice.total.lut:,.0f}"
    assert has[0] == f"{BOARD.name} has" and has[3] == f"{BOARD.capacity.lut:,}"


def test_choices_say_whether_they_fit() -> None:
    limit = replace(plan().limit, lut=0, ff=0)
    rows = curve_table(replace(plan(), limit=limit)).rows
    assert {row[1] for row in rows} == {"short of LUTs, flip-flops"}
    assert {row[1] for row in curve_table(plan()).rows} == {"fits"}


def test_layers_of_one_style_stand_together() -> None:
    choice = plan().choice
    one, two = Parallel(), Folded(4, 2)
    assert styles_title(replace(choice, styles={"a": one, "b": one})) == "all parallel"
    assert styles_title(replace(choice, styles={"a": one})) == "a parallel"
    mixed = replace(choice, styles={"a": one, "b": two, "c": one})
    assert styles_title(mixed) == "a, c parallel; b folded:4:2"


def test_multiplications_may_be_unknown() -> None:
    run = Run(kind="published", title="t", what="w", accuracy=0.90794, multiplications=None)
    assert list(runs_table([run]).rows) == [("t", "w", "unknown", "90.79 %")]
