"""From facts to the text of a page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import jinja2

from mulbudget.boards.planning import TITLES
from mulbudget.boards.report import Report
from mulbudget.report.accuracy import accuracy_chart
from mulbudget.report.axes import NARROW, WIDE
from mulbudget.report.bars import comparison, savings, utilisation
from mulbudget.report.curve import curve_chart
from mulbudget.report.drawing import drawing
from mulbudget.report.facts import Facts, layers_of
from mulbudget.report.figures import figures
from mulbudget.report.matrices import drawn_matrices
from mulbudget.report.planned import Planned
from mulbudget.report.runs import Run, made_by
from mulbudget.report.svg import Picture, clean
from mulbudget.report.tables import (
    curve_table,
    layers_table,
    plan_table,
    runs_table,
)
from mulbudget.spn import Network, network_counts

_LONGEST = 300
"""Characters of a line of provenance."""


@dataclass(frozen=True)
class Pair:
    """A picture for a desk, and the same for a phone."""

    wide: Picture
    narrow: Picture


def render(facts: Facts) -> str:
    """The page as HTML, which needs nothing beside it; the same facts give the same text."""
    network, counts = facts.network, network_counts(facts.network)
    layers = layers_of(facts)
    runs, matrices = _runs(facts), drawn_matrices(network)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            name=network.name,
            made_by=made_by(network.provenance),
            board=facts.board,
            is_product=facts.is_product,
            notes=facts.notes,
            figures=figures(facts, layers),
            accuracy=_accuracy(facts, runs),
            run_kinds={run.kind for run in facts.runs},
            runs=runs_table(runs) if runs else None,
            drawing=Pair(*(drawing(network, layers, width) for width in (WIDE, NARROW))),
            layers=layers_table(facts, layers),
            counts=counts,
            savings=savings(layers),
            planned=facts.planned,
            plan=_plan(facts.planned) if facts.planned else "",
            plan_table=plan_table(facts.planned) if facts.planned else None,
            utilisation=utilisation(facts.planned) if facts.planned else [],
            curve=_curve(facts.planned),
            styles=_styles(facts.planned),
            curve_table=curve_table(facts.planned) if facts.planned else None,
            built=facts.built,
            comparison=comparison(facts.planned, facts.built) if facts.built else [],
            build=_build(facts.planned, facts.built) if facts.built else [],
            matrices=[each for each in matrices if each.picture],
            identities=[each.title for each in matrices if not each.picture],
            provenance=_provenance(facts),
        )
    )


def _environment() -> jinja2.Environment:
    """Templates of this package; what they show is escaped, and nothing may be missing."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mulbudget.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clean"] = lambda value: clean(str(value))
    return environment


def _runs(facts: Facts) -> list[Run]:
    """The network itself, where its accuracy is known, and the others."""
    if facts.accuracy is None:
        return list(facts.runs)
    network = facts.network
    own = Run(
        kind="run",
        title="this network",
        what=made_by(network.provenance),
        accuracy=facts.accuracy,
        multiplications=network_counts(network).multiplications,
    )
    return [own, *facts.runs]


def _accuracy(facts: Facts, runs: Sequence[Run]) -> Pair | None:
    counts = network_counts(facts.network)
    if facts.accuracy is None or not counts.multiplications:
        return None
    own, *others = runs
    dense = counts.dense_multiplications
    return Pair(*(accuracy_chart(own, others, dense, width) for width in (WIDE, NARROW)))


def _curve(planned: Planned | None) -> Pair | None:
    if planned is None or not planned.front:
        return None
    return Pair(*(curve_chart(planned, width) for width in (WIDE, NARROW)))


def _styles(planned: Planned | None) -> set[str]:
    """The names of the styles on the curve."""
    choices = () if planned is None else planned.front
    return {style.name for choice in choices for style in choice.styles.values()}


def _plan(planned: Planned) -> str:
    """What the plan is, and what keeps it from being faster."""
    choice, board = planned.choice, planned.board
    bound = " and ".join(TITLES[name] for name in choice.bound)
    end = (
        f"With more {bound} it would be faster."
        if bound
        else "Nothing that the board lacks would make it faster."
    )
    rate = f"{planned.rate(choice):,.0f} samples per second at {board.clock_mhz:g} MHz"
    return f"About {rate}. {end}"


def _build(planned: Planned | None, built: Report) -> list[tuple[str, str]]:
    """What place-and-route says beside what is used."""
    fmax = "unknown" if built.fmax_mhz is None else f"{built.fmax_mhz:.2f} MHz"
    lines = [
        ("clock", f"{built.clock_mhz:g} MHz, at most {fmax}"),
        ("samples per second", f"{built.samples_per_second:,.0f}"),
        ("over the UART", f"{built.link_samples_per_second:,.0f} at {built.baud:,} baud"),
        ("interval", _clocks(built.interval)),
        ("latency", _clocks(built.latency)),
        ("bitstream", built.bitstream),
    ]
    if planned is not None and planned.choice.total.interval != built.interval:
        said = planned.choice.total.interval
        lines.append(
            (
                "not alike",
                f"the plan has an interval of {_clocks(said)}: the bitstream was built in other "
                "styles, so what was said is of another design",
            )
        )
    return lines


def _clocks(number: int) -> str:
    return f"{number:,} clock{'' if number == 1 else 's'}"


def _provenance(facts: Facts) -> list[tuple[str, str]]:
    """Where the network comes from."""
    network: Network = facts.network
    lines = [
        (key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for key, value in network.provenance.items()
    ]
    lines.append(("digest of the network", facts.digest))
    lines += facts.proofs
    return [(_cut(key), _cut(value)) for key, value in lines]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
