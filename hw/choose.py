"""The styles of a network's layers that fit a device and run as fast as it allows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from mulbudget.hw.budget import Share, share
from mulbudget.hw.cuts import input_streams
from mulbudget.hw.delay import layer_delay, plain_delay
from mulbudget.hw.estimate import FITTED_LEVELS, Need, Piece, link_need, link_of, need_of, pieces
from mulbudget.hw.families import Family
from mulbudget.hw.options import Option, is_plain, options
from mulbudget.hw.parts import Parts, bits
from mulbudget.hw.streams import cut_port
from mulbudget.hw.styles import Style, styled
from mulbudget.spn import Network, Requantize

RESOURCES = ("lut", "ff", "dsp", "bram", "carry")

_WEIGHTS = {"lut": 1.0, "ff": 0.1, "dsp": 0.02, "bram": 0.05, "carry": 0.1}
"""What is saved first, among choices of the same speed; carry chains are the hardest to route."""

_LOOSE = 1.05
"""How much more options may take, added up, than the layers that are made of them."""

_TRIES = 6
"""Of a choice whose layers take more together than each for itself."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How the layers of a network are built.

    Parameters
    ----------
    styles : mapping
        Of sum-product layers, by name.
    pieces : list of Piece
        Every layer.
    link : Need
        What the UART link takes.
    total : Need
        Of all, with the link.
    dsp : int
        Multipliers that may be used.
    levels : int
        Adders between registers, at most.
    latency : int
        Clocks from the first of a sample taken to the last of its result, about.
    bound : tuple of str
        The resources that keep it from being faster; empty where nothing does.
    """

    styles: Mapping[str, Style]
    pieces: list[Piece]
    link: Need
    total: Need
    dsp: int
    latency: int
    levels: int = FITTED_LEVELS
    bound: tuple[str, ...] = ()


class Chooser:
    """All that can be chosen for a network on a family.

    Parameters
    ----------
    network : Network
    family : Family
    dsp : int
        Multipliers, at most.
    fixed : mapping
        The styles of layers that are not to be chosen.
    levels : int
        Adders between registers, at most.
    """

    def __init__(
        self,
        network: Network,
        family: Family,
        dsp: int,
        fixed: Mapping[str, Style],
        levels: int = FITTED_LEVELS,
    ) -> None:
        self._network, self._family, self._dsp, self._levels = network, family, dsp, levels
        self._fixed = fixed
        self._layers = styled(network)
        chosen = {node.name for node in self._layers}
        self._plain = [node for node in network.nodes if node.name not in chosen]
        self._options = [
            options(network, node, family, dsp, fixed.get(node.name), levels)
            for node in self._layers
        ]
        self._others, self._image = self._rest(), len(network.input.shape) > 1
        self._delay = sum(plain_delay(network, node, levels) for node in self._plain)

    def _rest(self) -> Need:
        """What is the same for every choice."""
        network, family = self._network, self._family
        names = {node.name for node in self._plain if is_plain(network, node)}
        plain = [
            piece.need(family, self._levels)
            for piece in pieces(network, family, {}, 0)
            if piece.node.name in names
        ]
        return sum(plain, start=self._link(cut=len(network.input.shape) == 1))

    def _less_of_link(self) -> dict[str, float]:
        """How much less of each resource a link takes that gives a vector whole, if less."""
        if self._image:
            return dict.fromkeys(RESOURCES, 0.0)
        registers = Parts(registers=bits(self._network.input.range.ends))
        counted = self._link(cut=True) + need_of(registers, self._family)
        whole = self._link(cut=False)
        return {name: max(getattr(counted, name) - getattr(whole, name), 0) for name in RESOURCES}

    def _link(self, *, cut: bool) -> Need:
        """The UART link, with a vector as one entry after the other where `cut`, or whole.

        Options that take it whole bring its registers along.
        """
        network, family = self._network, self._family
        inputs, x = input_streams(network, {}, set()), network.input
        if cut:
            inputs = (cut_port("i", x.shape, (1,), x.range.ends),)
        link, blocks = link_need(network, family, inputs)
        return replace(need_of(link, family), bram=blocks)

    @property
    def intervals(self) -> list[int]:
        """All that a choice can have, the shortest first."""
        least = max(min(each.need.interval for each in row) for row in self._options)
        found = {each.need.interval for row in self._options for each in row}
        return sorted({max(each, least, self._others.interval) for each in found})

    def fastest(self, limit: Need, *, latency: int | None = None) -> Choice | None:
        """The choice with the shortest interval that takes no more than `limit`."""
        steps = self.intervals
        if latency is None:
            number, best = self._bisect(limit, steps)
        else:
            number, best = self._first_of(limit, steps, latency)
        if best is None or number == 0:
            return best
        return replace(best, bound=self._bound(limit, steps[number - 1], latency))

    def _bisect(self, limit: Need, steps: Sequence[int]) -> tuple[int, Choice | None]:
        """Number and smallest choice of the first interval with one: longer ones have one too."""
        low, high, best = 0, len(steps), None
        while low < high:
            middle = (low + high) // 2
            choice = self.smallest(limit, steps[middle])
            if choice is None:
                low = middle + 1
            else:
                high, best = middle, choice
        return low, best

    def _first_of(
        self, limit: Need, steps: Sequence[int], latency: int
    ) -> tuple[int, Choice | None]:
        """The same within a latency, which a longer interval may exceed."""
        for number, step in enumerate(steps):
            late = self._least_latency(step) > latency
            choice = None if late else self.smallest(limit, step, latency=latency)
            if choice is not None:
                return number, choice
        return len(steps), None

    def _bound(self, limit: Need, interval: int, latency: int | None) -> tuple[str, ...]:
        """The resources of which more would allow an interval."""
        return tuple(
            name
            for name in RESOURCES
            if self.smallest(replace(limit, **{name: PLENTY}), interval, latency=latency)
        )

    def smallest_within(self, limit: Need, interval: int, latency: int) -> Choice | None:
        """The smallest choice with such an interval or a shorter one, and such a latency."""
        steps = [step for step in reversed(self.intervals) if step <= interval]
        _, choice = self._first_of(limit, steps, latency)
        return choice

    def smallest(
        self,
        limit: Need,
        interval: int,
        *,
        latency: int | None = None,
        device: Need | None = None,
    ) -> Choice | None:
        """The choice that takes least, with such an interval or a shorter one.

        What is least is weighed by how much a `device` has of each resource; by `limit` without.
        Layers may take less together than each for itself, so a little more is allowed at first.
        Options are said to be a little slower than layers can be, so a bound of the latency is left
        out at first.
        """
        if latency is not None:
            free = self.smallest(limit, interval, device=device)
            if free is None or free.latency <= latency:
                return free
        loose = replace(limit, **{name: getattr(limit, name) * _LOOSE for name in ("lut", "ff")})
        return self._within(limit, loose, interval, latency, device) or self._within(
            limit, limit, interval, latency, device
        )

    def _within(
        self, limit: Need, allowed: Need, interval: int, latency: int | None, device: Need | None
    ) -> Choice | None:
        """The same, where options may take `allowed` together before they are put together."""
        for _ in range(_TRIES):
            picked = self._solve(allowed, interval, latency, device or allowed)
            if picked is None:
                return None
            choice = self._made(picked)
            over = {name: getattr(choice.total, name) - getattr(limit, name) for name in RESOURCES}
            less = {name: getattr(allowed, name) - more for name, more in over.items() if more > 0}
            if not less:
                return choice if choice.total.interval <= interval else None
            allowed = replace(allowed, **less)
        return None

    def least(self) -> dict[str, float]:
        """The least that any choice takes of each resource, or a little less."""
        less = self._less_of_link()
        return {
            name: getattr(self._others, name)
            - less[name]
            + sum(min(getattr(each.need, name) for each in row) for row in self._options)
            for name in RESOURCES
        }

    def _made(self, picked: Sequence[Option]) -> Choice:
        network, family = self._network, self._family
        styles = {
            node.name: option.style for node, option in zip(self._layers, picked, strict=True)
        }
        made = pieces(network, family, styles, self._dsp)
        parts, blocks = link_of(network, family, styles)
        link = replace(need_of(parts, family), bram=blocks)
        total = sum((piece.need(family, self._levels) for piece in made), start=link)
        return Choice(
            styles=styles,
            pieces=made,
            link=link,
            total=total,
            dsp=self._dsp,
            latency=self._latency(picked, styles, total.interval),
            levels=self._levels,
        )

    def _latency(self, picked: Sequence[Option], styles: Mapping[str, Style], interval: int) -> int:
        """Clocks from a sample taken to its result, with the multipliers that each layer has."""
        network, family = self._network, self._family
        shares = share(network, self._dsp, styles)
        return self._least_latency(interval) + sum(
            layer_delay(
                network,
                node,
                option.style,
                shares.get(node.name, Share()),
                family,
                self._levels,
                gives=option.gives > 0,
            )
            for node, option in zip(self._layers, picked, strict=True)
        )

    def _least_latency(self, interval: int) -> int:
        """Clocks that a sample of an image comes in, and those of layers that have one style."""
        return self._delay + (interval if self._image else 0)

    def _solve(
        self, limit: Need, interval: int, latency: int | None, device: Need
    ) -> list[Option] | None:
        """A multiple-choice knapsack: one option of each layer, the least of all together."""
        rows = [[each for each in row if each.need.interval <= interval] for row in self._options]
        if not all(rows):
            return None
        flat = [(layer, each) for layer, row in enumerate(rows) for each in row]
        weights = np.array(
            [
                sum(
                    weight * getattr(each.need, name) / max(getattr(device, name), 1)
                    for name, weight in _WEIGHTS.items()
                )
                for _, each in flat
            ]
        )
        one = np.array(
            [[float(layer == number) for layer, _ in flat] for number in range(len(rows))]
        )
        constraints = [LinearConstraint(one, 1, 1)]
        use = np.array(
            [[getattr(each.need, name) for _, each in flat] for name in RESOURCES], float
        )
        left = [float(getattr(limit, name) - getattr(self._others, name)) for name in RESOURCES]
        if min(left) < 0:
            return None
        constraints += [
            LinearConstraint(row[None], -np.inf, most) for row, most in zip(use, left, strict=True)
        ]
        constraints += self._neighbours(flat)
        if latency is not None:
            delays = np.array([[float(each.delay) for _, each in flat]])
            most = latency - self._least_latency(interval)
            constraints.append(LinearConstraint(delays, -np.inf, most))
        found = milp(
            weights,
            constraints=constraints,
            integrality=np.ones(len(flat)),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": 0.01},
        )
        if found.x is None:
            return None
        return [each for (_, each), taken in zip(flat, found.x, strict=True) if taken > 0.5]

    def _neighbours(self, flat: Sequence[tuple[int, Option]]) -> list[LinearConstraint]:
        """A folded layer behind a folded one takes blocks as they come, and else none come."""
        rows: list[list[float]] = []
        for before, after in self._pairs():
            sizes = {each.gives for layer, each in flat if layer == before and each.gives}
            rows += [
                [
                    float(layer == before and each.gives == size)
                    - float(layer == after and each.takes == size)
                    for layer, each in flat
                ]
                for size in sizes
            ]
            rows.append(
                [
                    float(layer == before and each.collects)
                    + float(layer == after and each.takes > 0)
                    - float(layer == after)
                    for layer, each in flat
                ]
            )
        return [LinearConstraint(np.array(rows), -np.inf, 0)] if rows else []

    def _pairs(self) -> list[tuple[int, int]]:
        """Layers one behind the other, perhaps with requantizations between them.

        Not those of fixed styles, of which any two go together.
        """
        numbers = {node.name: number for number, node in enumerate(self._layers)}
        made = {node.name: node for node in self._network.nodes}
        pairs: list[tuple[int, int]] = []
        for number, node in enumerate(self._layers):
            name = node.input
            while name in made and isinstance(made[name].operator, Requantize):
                name = made[name].input
            if name in numbers and not {name, node.name} <= self._fixed.keys():
                pairs.append((numbers[name], number))
        return pairs


PLENTY = 1 << 30
"""More of a resource than any network takes."""
