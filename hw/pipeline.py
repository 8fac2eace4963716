"""A datapath with its pipeline registers: what layers and circuits have in common."""

from collections.abc import Sequence
from typing import Any

from amaranth import Module, Value
from amaranth.lib import wiring

from mulbudget.hw.datapath import Datapath
from mulbudget.hw.emit import emit
from mulbudget.hw.families import Family
from mulbudget.hw.schedule import schedule, unregistered


class Pipeline(wiring.Component):
    """A component whose outputs are those of a datapath, `latency` clocks later.

    Parameters
    ----------
    signature : mapping
        Its ports, by name.
    name : str
        Begins the names of its signals.
    datapath : Datapath
    levels_per_stage : int or None
        Adders between registers, at least 1; without registers for None.
    family : Family or None
        Whose multiplier and carry chains it is built for; None for portable hardware.
    """

    def __init__(
        self,
        signature: dict[str, Any],
        *,
        name: str,
        datapath: Datapath,
        levels_per_stage: int | None,
        family: Family | None,
    ) -> None:
        if levels_per_stage is None:
            self._schedule = unregistered(datapath)
        elif levels_per_stage < 1:
            raise ValueError(f"levels_per_stage must be at least 1, not {levels_per_stage}")
        else:
            self._schedule = schedule(datapath, levels_per_stage)
        self.name = name
        self.datapath = datapath
        self._family = family
        super().__init__(signature)

    @property
    def latency(self) -> int:
        """Clocks from a sample to its result."""
        return self._schedule.latency

    @property
    def interval(self) -> int:
        """Clocks from sample to sample."""
        return self.datapath.interval

    def _emit(
        self, m: Module, inputs: Sequence[Value], enable: Value, phase: Value | None = None
    ) -> list[Value]:
        """Add the datapath to the module; gives its outputs."""
        return emit(
            m,
            self.name,
            self.datapath,
            self._schedule,
            inputs=inputs,
            enable=enable,
            phase=phase,
            family=self._family,
        )
