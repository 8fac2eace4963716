"""How a sweep goes on: a grid of budgets and seeds on a terminal, else a line for each result."""

import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table

from mulbudget.cli.console import console, counted, table

if TYPE_CHECKING:
    from mulbudget.sweep.grid import Job
    from mulbudget.sweep.results import Result
    from mulbudget.sweep.work import Event

_WAITING = "·"


class Display:
    """The cells of a grid: what a run is at, then its accuracy.

    Parameters
    ----------
    jobs : sequence of Job
    done : mapping
        Results that are there already, by the name of their run.
    """

    def __init__(self, jobs: Sequence["Job"], done: Mapping[str, "Result"]) -> None:
        self._budgets = sorted({job.budget for job in jobs})
        self._seeds = sorted({job.seed for job in jobs})
        self._cells = {(job.budget, job.seed): _WAITING for job in jobs}
        self._total = len(jobs)
        self.done = len(done)
        for result in done.values():
            self._cells[result.budget, result.seed] = f"{result.accuracy:.2%}"
        self._live: Live | None = None
        self._printer = console()
        if sys.stderr.isatty():
            screen = Console(stderr=True, highlight=False, markup=False)
            self._live = Live(get_renderable=self._table, console=screen, transient=True)
            self._printer = screen

    def __enter__(self) -> "Display":
        if self._live is not None:
            self._live.start()
        if self.done:
            self.say(f"{self.done} of {self._total} runs are there already")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the terminal to others."""
        if self._live is not None:
            self._live.stop()

    def say(self, sentence: str) -> None:
        """Print a line that stays."""
        self._printer.print(sentence, soft_wrap=True)

    def show(self, job: "Job", event: "Event") -> None:
        """Take over what a run tells."""
        from mulbudget.sweep.work import Done, Failed, Note, Progress

        cell = job.budget, job.seed
        match event:
            case Progress(stage=stage, epoch=epoch, epochs=epochs):
                self._cells[cell] = f"{stage} {epoch / max(epochs, 1):.0%}"
            case Note(text=text):
                self.say(f"{job.name}: {text}")
            case Failed():
                self._cells[cell] = "failed"
                self.say(f"{job.name} failed: {event.text}")
            case Done(result=result):
                self.done += 1
                self._cells[cell] = f"{result.accuracy:.2%}"
                self.say(f"{self.done} of {self._total}, {job.name}: {_line(result)}")

    def _table(self) -> Table:
        rows = [
            [f"{budget:,}", *(self._cells[budget, seed] for seed in self._seeds)]
            for budget in self._budgets
        ]
        columns = ["budget", *(f"seed {seed}" for seed in self._seeds)]
        return table(f"{self.done} of {self._total} runs", columns, rows)


def _line(result: "Result") -> str:
    if result.fit is None:
        return f"{result.accuracy:.2%}; {result.reason}"
    fit = result.fit
    multiplications = counted(result.multiplications, "multiplication")
    return (
        f"{result.accuracy:.2%}, {multiplications}, {counted(fit.lut, 'LUT')}, "
        f"{counted(fit.dsp, 'hardware multiplier')}, {fit.samples_per_second:,.0f} samples per "
        "second"
    )
