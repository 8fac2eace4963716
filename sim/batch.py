"""Whole data sets through compiled Verilog: numpy in, numpy out."""

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mulbudget.hw.families import FAMILIES
from mulbudget.hw.sidecar import Sidecar
from mulbudget.sim.lanes import TOP, lanes, wrapper
from mulbudget.sim.packing import pack, unpack
from mulbudget.sim.tools import ToolError
from mulbudget.sim.verilate import Main, simulator
from mulbudget.spn import Range, UserError
from mulbudget.spn.operators import Integers

Progress = Callable[[int], None]

_TAIL = 16  # clocks after the last result in which a surplus one would show, beyond the latency
_SPARE = 1000  # clocks


class SimulationError(RuntimeError):
    """The hardware breaks the rules of its streams: it hangs, or results come and go."""


@dataclass(frozen=True)
class Generated:
    """Generated Verilog and what its sidecar says of it."""

    verilog: Path
    sidecar: Sidecar


@dataclass(frozen=True)
class Result:
    """What came out of one design.

    Parameters
    ----------
    y : int64, (samples, outputs)
    clocks : int
        From the end of the reset to the last result.
    taken, offered : uint64, (samples,)
        The clock in which each sample was taken, and in which its result was first offered.
    """

    y: Integers
    clocks: int
    taken: npt.NDArray[np.uint64]
    offered: npt.NDArray[np.uint64]

    @property
    def latencies(self) -> Integers:
        """Clocks from each sample taken to its result offered."""
        return (self.offered - self.taken).astype(np.int64)

    @property
    def latency(self) -> int:
        """The longest of `latencies`; meant for runs without stalls."""
        return int(self.latencies.max())

    @property
    def interval(self) -> int | None:
        """The most clocks between two results, None for a single one; for runs without stalls."""
        return int(np.diff(self.offered.astype(np.int64)).max()) if len(self.offered) > 1 else None


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
    ) -> None:
        self.sidecars = [design.sidecar for design in designs]
        names = [sidecar.name for sidecar in self.sidecars]
        if len(set(names)) != len(names):
            raise ValueError(f"designs in one simulator must have different names, not {names}")
        used = dsp_models(self.sidecars) if models is None else models
        sources = [*(design.verilog for design in designs), *used]
        harness = resources.files("mulbudget.sim").joinpath("harness.cpp").read_text()
        self._program = simulator(
            Main(source=harness, prefix="Vmodel"),
            TOP,
            sources,
            {"wrapper.v": wrapper(self.sidecars)},
            flags,
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
        inputs : sequence of integers, (samples, channels)
            One for each design; each value inside its channel's range.
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
            When a design hangs, gives more results than samples, or withdraws or changes a result
            before it is taken.
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
        with tempfile.TemporaryDirectory(prefix="mulbudget-") as temporary:
            folder = Path(temporary)
            try:
                self._write_job(folder, samples, stalls, seed, limit)
            except OSError as error:
                raise UserError(f"cannot write to {folder}: {error.strerror or error}") from error
            self._execute(folder, [len(x) for x in samples], progress)
            return self._read_results(folder, [len(x) for x in samples])

    def _write_job(
        self, folder: Path, samples: Sequence[Integers], stalls: float, seed: int, limit: int
    ) -> None:
        tail = max(sidecar.latency for sidecar in self.sidecars) + _TAIL
        lines = [f"{len(samples)} {stalls!r} {seed % 2**64} {limit} {tail}"]
        lines += [
            f"{len(x)} {lane.i_word} {lane.i_words} {lane.o_word} {lane.o_words}"
            for x, lane in zip(samples, lanes(self.sidecars), strict=True)
        ]
        (folder / "job.txt").write_text("\n".join(lines) + "\n")
        with (folder / "input.bin").open("wb") as file:
            for x, sidecar in zip(samples, self.sidecars, strict=True):
                pack(x, sidecar.input).tofile(file)

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
            what, (lane, taken, given, clocks) = ending[0], map(int, ending[1:])
            raise SimulationError(
                _complaint(what, self.sidecars[lane].name, counts[lane], taken, given, clocks)
            )

    def _read_results(self, folder: Path, counts: Sequence[int]) -> list[Result]:
        results = []
        with (
            (folder / "output.bin").open("rb") as output,
            (folder / "taken.bin").open("rb") as taken_file,
            (folder / "offered.bin").open("rb") as offered_file,
        ):
            for count, sidecar, lane in zip(
                counts, self.sidecars, lanes(self.sidecars), strict=True
            ):
                words = np.fromfile(output, "<u4", count * lane.o_words)
                y = unpack(words.reshape(count, lane.o_words), sidecar.output)
                taken = np.fromfile(taken_file, "<u8", count)
                offered = np.fromfile(offered_file, "<u8", count)
                results.append(Result(y, int(offered[-1]) + 1, taken, offered))
        return results


class BatchSimulator:
    """One design, compiled; see `LaneSimulator` for parameters and errors.

    Parameters
    ----------
    verilog : Path
    sidecar : Sidecar
    models, flags
        As `LaneSimulator` takes them.
    """

    def __init__(
        self,
        verilog: Path,
        sidecar: Sidecar,
        *,
        models: Sequence[Path] | None = None,
        flags: Sequence[str] = (),
    ) -> None:
        self.sidecar = sidecar
        self._lanes = LaneSimulator([Generated(verilog, sidecar)], models=models, flags=flags)

    def run(
        self,
        x: npt.ArrayLike,
        *,
        stalls: float = 0.0,
        seed: int = 0,
        clock_limit: int | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """Feed samples (samples, channels); see `LaneSimulator.run`."""
        (result,) = self._lanes.run(
            [x], stalls=stalls, seed=seed, clock_limit=clock_limit, progress=progress
        )
        return result


def dsp_models(sidecars: Sequence[Sidecar]) -> list[Path]:
    """Simulation models of the DSP primitives that the designs instantiate, each once."""
    families = dict.fromkeys(sidecar.family for sidecar in sidecars if sidecar.multipliers)
    blocks = (FAMILIES[family].dsp for family in families if family is not None)
    return list(dict.fromkeys(block.model for block in blocks if block is not None))


def _checked(x: npt.ArrayLike, sidecar: Sidecar) -> Integers:
    low = tuple(channel.low for channel in sidecar.input)
    high = tuple(channel.high for channel in sidecar.input)
    samples = Range(low, high).checked(x, sidecar.name)
    if not len(samples):
        raise UserError(f"{sidecar.name} takes one or more samples, and is given none")
    return samples


def _limit(samples: int, sidecar: Sidecar, stalls: float) -> int:
    ideal = samples * sidecar.interval + sidecar.latency
    return _SPARE + int(4 * ideal / (1 - stalls) ** 2)


def _complaint(what: str, name: str, samples: int, taken: int, given: int, clocks: int) -> str:
    match what:
        case "hang":
            return (
                f"{name} hangs: {taken} of {samples} samples taken and {given} results given "
                f"in {clocks} clocks"
            )
        case "surplus":
            return (
                f"{name} offers a result in clock {clocks} that none of {taken} samples asked for"
            )
        case _:
            return (
                f"{name} withdraws or changes result {given} in clock {clocks}, before it is taken"
            )
