"""Whole data sets through compiled Verilog: numpy in, numpy out."""

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy.typing as npt

from mulbudget.hw.families import FAMILIES
from mulbudget.hw.sidecar import Sidecar
from mulbudget.hw.styles import Folded
from mulbudget.sim.beats import input_range
from mulbudget.sim.job import read_results, write_job
from mulbudget.sim.lanes import TOP, wrapper
from mulbudget.sim.result import Result, SimulationError
from mulbudget.sim.tools import ToolError
from mulbudget.sim.verilate import Main, simulator
from mulbudget.spn import UserError
from mulbudget.spn.operators import Integers

Progress = Callable[[int], None]

_TAIL = 16  # clocks after the last result in which a surplus one would show, beyond the latency
_SPARE = 1000  # clocks


@dataclass(frozen=True)
class Generated:
    """Generated Verilog and what its sidecar says of it."""

    verilog: Path
    sidecar: Sidecar


class LaneSimulator:
    """Several designs in one program, each with streams of its own.

    Compiling is most of the time of a small design's simulation, and far less for many at once.

    Parameters
    ----------
    designs : sequence of Generated
        Of different names.
    models : sequence of Path, optional
        Verilog of the primitives that the designs instantiate; by default the models of their
        families' DSP blocks.
    flags : sequence of str
        More of Verilator's.
    clocks : int
        How many will be simulated, about: many are worth a longer compilation.

    Raises
    ------
    UserError
        When a tool is missing.
    ToolError
        When the Verilog does not compile.
    """

    def __init__(
        self,
        designs: Sequence[Generated],
        *,
        models: Sequence[Path] | None = None,
        flags: Sequence[str] = (),
        clocks: int = 0,
    ) -> None:
        self.sidecars = [design.sidecar for design in designs]
        names = [sidecar.name for sidecar in self.sidecars]
        if len(set(names)) != len(names):
            raise ValueError(f"designs in one simulator must have different names, not {names}")
        used = primitive_models(self.sidecars) if models is None else models
        sources = [*(design.verilog for design in designs), *used]
        harness = resources.files("mulbudget.sim").joinpath("harness.cpp").read_text()
        self._program = simulator(
            Main(source=harness, prefix="Vmodel"),
            TOP,
            sources,
            {"wrapper.v": wrapper(self.sidecars)},
            flags,
            clocks,
        )

    def run(
        self,
        inputs: Sequence[npt.ArrayLike],
        *,
        stalls: float = 0.0,
        seed: int = 0,
        clock_limit: int | None = None,
        progress: Progress | None = None,
    ) -> list[Result]:
        """Feed samples to every design at the same time.

        Parameters
        ----------
        inputs : sequence of integers, (samples, entries)
            One for each design: the tensors of its input streams side by side, each value inside
            the range of its channel.
        stalls : float
            Probability that a stream pauses for a clock, at both ends; 0 to 0.95.
        seed : int
            Of the stalls.
        clock_limit : int, optional
            After which the hardware is taken to hang; by default several times what it should need.
        progress : callable, optional
            Called with the number of results so far, of all designs together.

        Raises
        ------
        UserError
            When samples have another shape or leave the range, or the disk is full.
        SimulationError
            When a design hangs, gives a result before its sample or after the last, withdraws or
            changes a result before it is taken, or has something beyond the edge of a result.
        ToolError
            When the simulator crashes.
        """
        if not 0 <= stalls <= 0.95:
            raise UserError(f"the probability of stalls is {stalls}, not 0 to 0.95")
        samples = [_checked(x, sidecar) for x, sidecar in zip(inputs, self.sidecars, strict=True)]
        limit = clock_limit or max(
            _limit(len(x), sidecar, stalls)
            for x, sidecar in zip(samples, self.sidecars, strict=True)
        )
        tail = max(sidecar.latency for sidecar in self.sidecars) + _TAIL
        counts = [len(x) for x in samples]
        with tempfile.TemporaryDirectory(prefix="mulbudget-") as temporary:
            folder = Path(temporary)
            try:
                write_job(
                    folder,
                    self.sidecars,
                    samples,
                    stalls=stalls,
                    seed=seed,
                    limit=limit,
                    tail=tail,
                    idle=max(sidecar.settling for sidecar in self.sidecars),
                )
            except OSError as error:
                raise UserError(f"cannot write to {folder}: {error.strerror or error}") from error
            self._execute(folder, counts, progress)
            return read_results(folder, self.sidecars, counts)

    def _execute(self, folder: Path, counts: Sequence[int], progress: Progress | None) -> None:
        with subprocess.Popen(
            [self._program, folder], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        ) as process:
            ending: list[str] = []
            try:
                for line in process.stdout or ():
                    match line.split():
                        case ["progress", given] if progress is not None:
                            progress(int(given))
                        case ["end", *words]:
                            ending = words
            except BaseException:
                process.kill()
                raise
        if process.returncode or not ending:
            raise ToolError(f"the simulator ended with {process.returncode}")
        if ending[0] == "full":
            raise UserError(f"cannot write the results of the simulation to {folder}: disk full")
        if ending[0] != "ok":
            what, (lane, clocks, *transfers) = ending[0], map(int, ending[1:])
            raise SimulationError(
                _complaint(what, self.sidecars[lane], counts[lane], clocks, transfers)
            )


class BatchSimulator:
    """One design, compiled; see `LaneSimulator` for parameters and errors.

    Parameters
    ----------
    verilog : Path
    sidecar : Sidecar
    models, flags
        As `LaneSimulator` takes them.
    samples : int
        How many will be simulated, about.
    """

    def __init__(
        self,
        verilog: Path,
        sidecar: Sidecar,
        *,
        models: Sequence[Path] | None = None,
        flags: Sequence[str] = (),
        samples: int = 0,
    ) -> None:
        self.sidecar = sidecar
        self._lanes = LaneSimulator(
            [Generated(verilog, sidecar)],
            models=models,
            flags=flags,
            clocks=samples * sidecar.interval,
        )

    def run(
        self,
        x: npt.ArrayLike,
        *,
        stalls: float = 0.0,
        seed: int = 0,
        clock_limit: int | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """Feed samples (samples, entries); see `LaneSimulator.run`."""
        (result,) = self._lanes.run(
            [x], stalls=stalls, seed=seed, clock_limit=clock_limit, progress=progress
        )
        return result


def primitive_models(sidecars: Sequence[Sidecar]) -> list[Path]:
    """Simulation models of the vendors' cells that the designs instantiate, each once."""
    models: list[Path] = []
    for sidecar in sidecars:
        if sidecar.family is None:
            continue
        family = FAMILIES[sidecar.family]
        if sidecar.multipliers and family.dsp is not None:
            models.append(family.dsp.model)
        if family.carry_cell is not None and any(
            each.style == Folded.name for each in sidecar.layers
        ):
            models.append(family.carry_cell)
    return list(dict.fromkeys(models))


def _checked(x: npt.ArrayLike, sidecar: Sidecar) -> Integers:
    samples = input_range(sidecar).checked(x, sidecar.name)
    if not len(samples):
        raise UserError(f"{sidecar.name} takes one or more samples, and is given none")
    return samples


def _limit(samples: int, sidecar: Sidecar, stalls: float) -> int:
    ideal = samples * sidecar.interval + sidecar.latency
    return _SPARE + int(4 * ideal / (1 - stalls) ** 2)


def _complaint(
    what: str, sidecar: Sidecar, samples: int, clocks: int, transfers: Sequence[int]
) -> str:
    """What is wrong in which clock, after so many transfers of each stream, the output last."""
    name, streams = sidecar.name, list(zip(sidecar.streams, transfers, strict=True))
    match what:
        case "hang":
            counts = (f"{n} of {samples * each.beats} of {each.name}" for each, n in streams)
            return f"{name} hangs after {clocks} clocks: {', '.join(counts)} transferred"
        case "surplus":
            asked = min(-(-n // each.beats) for each, n in streams[:-1])
            return (
                f"{name} offers a result in clock {clocks} that none of {asked} samples asked for"
            )
        case _:
            result = transfers[-1] // sidecar.output.beats
            return (
                f"{name} withdraws or changes result {result} in clock {clocks}, before it is taken"
            )
