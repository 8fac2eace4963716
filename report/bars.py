"""Bars: how much of a board is used, what was said and came true, what sharing saves."""

from collections.abc import Sequence
from dataclasses import dataclass

from mulbudget.boards.planning import TITLES
from mulbudget.boards.report import Report, Resource
from mulbudget.report.axes import percent
from mulbudget.report.facts import Layer
from mulbudget.report.planned import Planned

RESOURCES = ("lut", "ff", "dsp", "bram")


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar.

    Parameters
    ----------
    kind : str
        Class of its colour.
    title : str
        What it is, where several stand together.
    text : str
        How much.
    share : float
        Of the width, 0 to 1.
    mark : float or None
        Where along the width a limit is marked.
    """

    kind: str
    title: str
    text: str
    share: float
    mark: float | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Bars of one thing, and a remark on them."""

    title: str
    bars: Sequence[Bar]
    remark: str = ""


def utilisation(planned: Planned) -> list[Group]:
    """What the plan takes of each resource, and how much it may."""
    groups: list[Group] = []
    for name in RESOURCES:
        used = round(getattr(planned.choice.total, name))
        has, most = getattr(planned.board.capacity, name), getattr(planned.limit, name)
        mark = most / has if has and most < has else None
        text = f"{used:,} of {has:,}"
        bar = Bar(kind="plan", title="", text=text, share=used / max(has, 1), mark=mark)
        groups.append(Group(title=TITLES[name], bars=[bar], remark=percent(used / max(has, 1), 0)))
    return [*groups, *_carry(planned)]


def _carry(planned: Planned) -> list[Group]:
    """The LUTs in carry chains, where not all of a device's can be in one."""
    most, lut = planned.limit.carry, planned.board.capacity.lut
    if most >= lut:
        return []
    used = planned.choice.total.carry
    text = f"{used:,.0f} of {lut:,}"
    bar = Bar(kind="plan", title="", text=text, share=used / lut, mark=most / lut)
    return [Group(title="LUTs in carry chains", bars=[bar], remark=percent(used / lut, 0))]


def comparison(planned: Planned | None, built: Report) -> list[Group]:
    """The estimate of each resource beside what place-and-route made of it."""
    groups: list[Group] = []
    for name in RESOURCES:
        real: Resource | None = getattr(built, name)
        if real is None:
            continue
        said = None if planned is None else round(getattr(planned.choice.total, name))
        most = max(real.used, said or 0, 1)
        bars = [
            Bar(
                kind="built",
                title="built",
                text=f"{real.used:,}",
                share=real.used / most,
            )
        ]
        if said is not None:
            bars.insert(0, Bar(kind="plan", title="said", text=f"{said:,}", share=said / most))
        groups.append(Group(title=TITLES[name], bars=bars, remark=_error(said, real.used)))
    return groups


def _error(said: int | None, real: int) -> str:
    if said is None:
        return ""
    if said == real:
        return "exact"
    return f"{100 * (said / real - 1):+.1f} %" if real else "none were used"


def savings(layers: Sequence[Layer]) -> list[Group]:
    """Additions of each layer with and without sharing."""
    rows = [
        (layer, layer.sums, layer.adders)
        for layer in layers
        if layer.adders is not None and layer.sums
    ]
    most = max((max(naive, adders) for _, naive, adders in rows), default=1)
    return [
        Group(
            title=layer.node.name,
            bars=[
                Bar(kind="naive", title="naive", text=f"{naive:,}", share=naive / most),
                Bar(kind="plan", title="shared", text=f"{adders:,}", share=adders / most),
            ],
            remark=saved(adders, naive),
        )
        for layer, naive, adders in rows
    ]


def saved(now: int, before: int) -> str:
    """Like "39 % fewer"."""
    if now == before or not before:
        return "as many"
    share = abs(now - before) / before
    places = 1 if share > 0.95 and now < before else 0
    return f"{100 * share:.{places}f} % {'fewer' if now < before else 'more'}"
