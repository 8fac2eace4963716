"""The headline figures of a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from mulbudget.boards.report import Report
from mulbudget.report.axes import percent
from mulbudget.report.bars import saved
from mulbudget.report.facts import Facts, Layer
from mulbudget.report.planned import Planned
from mulbudget.spn import network_counts


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A headline figure: what it is, how much, and a remark."""

    title: str
    text: str
    remark: str = ""


def figures(facts: Facts, layers: Sequence[Layer]) -> list[Figure]:
    """Accuracy, multiplications and additions; and what it takes of a board, where there is one."""
    counts = network_counts(facts.network)
    dense = "with the standard algorithm" if facts.is_product else "in dense layers"
    found = [
        Figure(
            title="multiplications",
            text=f"{counts.multiplications:,}",
            remark=f"{saved(counts.multiplications, counts.dense_multiplications)} than {dense}",
        ),
        _additions(facts, layers),
    ]
    if facts.accuracy is not None:
        remark = "of the integers that the hardware computes with"
        text = percent(facts.accuracy, 2)
        found.insert(0, Figure(title="test accuracy", text=text, remark=remark))
    if facts.built is not None and facts.built.lut is not None:
        return found + _built(facts.built)
    if facts.planned is not None:
        return found + _planned(facts.planned)
    remark = f"{counts.non_zeros:,} ternary entries that are not zero"
    return [*found, Figure(title="stored", text=_size(counts.bits), remark=remark)]


def _additions(facts: Facts, layers: Sequence[Layer]) -> Figure:
    if facts.adders is None:
        additions = network_counts(facts.network).additions
        return Figure(
            title="additions", text=f"{additions:,}", remark="each sum by itself, biases too"
        )
    adders, naive = sum(facts.adders.values()), sum(layer.sums for layer in layers)
    remark = f"{saved(adders, naive)} than without sharing"
    return Figure(title="additions", text=f"{adders:,}", remark=remark)


def _planned(planned: Planned) -> list[Figure]:
    total, own = planned.choice.total, planned.board.capacity
    return [
        _rate(planned.rate(planned.choice), total.interval, planned.board.clock_mhz),
        Figure(title="LUTs, about", text=f"{total.lut:,.0f}", remark=_of(total.lut, own.lut)),
        Figure(title="multipliers", text=f"{total.dsp:,}", remark=f"of {own.dsp:,}"),
    ]


def _built(built: Report) -> list[Figure]:
    found = [_rate(built.samples_per_second, built.interval, built.clock_mhz)]
    if built.lut is not None:
        remark = _of(built.lut.used, built.lut.available)
        found.append(Figure(title="LUTs", text=f"{built.lut.used:,}", remark=remark))
    if built.dsp is not None:
        remark = f"of {built.dsp.available:,}"
        found.append(Figure(title="multipliers", text=f"{built.dsp.used:,}", remark=remark))
    return found


def _rate(samples: float, interval: int, clock_mhz: float) -> Figure:
    every = "one every clock" if interval == 1 else f"one every {interval:,} clocks"
    return Figure(
        title="samples / second", text=f"{samples:,.0f}", remark=f"{every} at {clock_mhz:g} MHz"
    )


def _of(used: float, available: int) -> str:
    return f"{percent(used / max(available, 1), 0)} of {available:,}"


def _size(bits: int) -> str:
    size = bits / 8
    return f"{size / 1000:,.1f} kB" if size >= 1000 else f"{size:,.0f} bytes"
