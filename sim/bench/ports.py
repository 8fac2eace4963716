"""One stream of a module under test: beats driven into an input, or taken from an output."""

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.hw.sidecar import Stream
from mulbudget.sim.beats import from_beats, strays, to_beats
from mulbudget.sim.packing import pack, payload_words, unpack


class _Port:
    """The pins of a stream.

    Parameters
    ----------
    dut
        cocotb's handle of the module; its ports are attributes.
    stream : Stream
    random : Random
        Of pauses and noise.
    """

    def __init__(self, dut: Any, stream: Stream, random: Random) -> None:
        self.stream = stream
        self._random = random
        self._payload, self._valid, self._ready = (
            getattr(dut, f"{stream.name}__{signal}") for signal in ("payload", "valid", "ready")
        )


class Source(_Port):
    """An input stream; `begun` counts the samples of which a beat was taken."""

    def feed(self, rows: npt.NDArray[np.int64], pause: float) -> None:
        """Send tensors (samples, entries), with pauses of this probability."""
        self._beats = _payloads(rows, self.stream)
        self._pause = pause
        self._taken = 0
        self._offering = False

    @property
    def begun(self) -> int:
        """Samples of which a beat was taken."""
        return -(-self._taken // self.stream.beats)

    @property
    def done(self) -> bool:
        """Whether every beat was taken."""
        return self._taken == len(self._beats)

    def idle(self) -> None:
        """Offer nothing."""
        self._drive(None)

    def drive(self) -> None:
        """Offer a beat or pause; a beat on offer stays."""
        self._offering = not self.done and (self._offering or self._random.random() >= self._pause)
        self._drive(self._beats[self._taken] if self._offering else None)

    def observe(self) -> None:
        """What happens at the coming edge."""
        if self._offering and self._ready.value:
            self._taken += 1
            self._offering = False

    def _drive(self, payload: int | None) -> None:
        # The payload of no beat is noise: the hardware must not look at it.
        bits = len(self._payload)
        self._payload.value = self._random.getrandbits(bits) if payload is None else payload
        self._valid.value = int(payload is not None)


class Sink(_Port):
    """The output stream."""

    def collect(self, pause: float) -> None:
        """Take results from now on, with pauses of this probability."""
        self._given: list[int] = []
        self._pause = pause
        self._held: int | None = None
        self._is_ready = False

    @property
    def transfers(self) -> int:
        """Beats taken."""
        return len(self._given)

    @property
    def offers(self) -> bool:
        """Whether a beat is on offer."""
        return bool(self._valid.value)

    def stop(self) -> None:
        """Take nothing."""
        self._ready.value = 0

    def drive(self) -> None:
        """Be ready or pause."""
        self._is_ready = self._random.random() >= self._pause
        self._ready.value = int(self._is_ready)

    def observe(self) -> bool:
        """What happens at the coming edge: whether a beat is on offer for the first time.

        Raises
        ------
        AssertionError
            When the beat that was on offer is withdrawn or changes.
        """
        beat = len(self._given)
        if not self.offers:
            expect(self._held is None, f"result beat {beat} was withdrawn before it was taken")
            return False
        payload, new = int(self._payload.value), self._held is None
        expect(self._held in (None, payload), f"result beat {beat} changed before it was taken")
        self._held = payload
        if self._is_ready:
            self._given.append(payload)
            self._held = None
        return new

    def rows(self) -> npt.NDArray[np.int64]:
        """The tensors of all results that are whole, (samples, entries)."""
        samples = len(self._given) // self.stream.beats
        beats = _values(self._given[: samples * self.stream.beats], self.stream)
        expect(not strays(beats, self.stream).any(), "a result is not 0 beyond its edge")
        return from_beats(beats, self.stream)


def expect(condition: bool, message: str) -> None:
    """Fail the bench with a sentence."""
    if not condition:
        raise AssertionError(message)


def _payloads(rows: npt.NDArray[np.int64], stream: Stream) -> list[int]:
    words = pack(to_beats(rows, stream), stream.channels)
    return [int.from_bytes(each.tobytes(), "little") for each in words]


def _values(payloads: Sequence[int], stream: Stream) -> npt.NDArray[np.int64]:
    size = payload_words(stream.channels)
    raw = b"".join(payload.to_bytes(4 * size, "little") for payload in payloads)
    return unpack(np.frombuffer(raw, "<u4").reshape(len(payloads), size), stream.channels)
