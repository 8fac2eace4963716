"""The host's end of the link: asks a board for results."""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt
import serial
from serial.tools import list_ports

from mulbudget.boards.frame import (
    BITS_A_BYTE,
    GAP_BYTES,
    MAX_LATENCY,
    MIN_DIVIDER,
    OVERHEAD,
    Decoder,
    ErrorCode,
    Frame,
    Info,
    Kind,
    encode,
)
from mulbudget.spn import UserError

TIMEOUT = 1.0
"""Seconds that a board may take to answer, besides the time on the line."""

RETRIES = 5
WINDOW = 8
"""Samples on their way at a time, at most: hides the milliseconds that a USB adapter takes."""

_SAFE_WINDOW = 2
_APART = 0.05
"""Of the bit time: ends whose clocks are further apart do not understand each other at all."""

_POLL = 0.02
_LAST_TAG = 255
_TRANSIENT = (ErrorCode.BROKEN, ErrorCode.BAD_CRC)


class Port(Protocol):
    """What the client needs of a `serial.Serial`; `read` returns b"" when nothing comes soon."""

    def write(self, content: bytes, /) -> int | None:
        """Send bytes."""
        ...

    def read(self, size: int = 1, /) -> bytes:
        """Up to `size` bytes that have arrived; waits a little for the first."""
        ...


def open_port(name: str, baud: int) -> serial.SerialBase:
    """Open a serial port, or a pyserial URL like socket://host:port.

    Raises
    ------
    UserError
        When there is no such port, naming those there are, or it cannot be opened.
    """
    try:
        return serial.serial_for_url(name, baud, timeout=_POLL, write_timeout=10 * TIMEOUT)
    except (serial.SerialException, ValueError, OSError) as error:
        present = ", ".join(sorted(each.device for each in list_ports.comports())) or "none"
        raise UserError(
            f"cannot open serial port {name}: {error} (ports that are here: {present})"
        ) from error


class Client:
    """Talks to one board.

    A request that is damaged or lost on the way is sent again, `RETRIES` times in a row at most.

    Parameters
    ----------
    port : Port
    baud : int
        Of the port, to know how long a frame takes.
    timeout : float
        Seconds that the board may take to answer.
    clock : callable
        Seconds since some moment; another one where the line is simulated.

    Attributes
    ----------
    retries : int
        Requests that had to be sent again so far.
    """

    def __init__(
        self,
        port: Port,
        baud: int,
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._port, self._timeout, self._clock = port, timeout, clock
        self._byte_time = BITS_A_BYTE / baud
        self._decoder = Decoder(1 + Info.LENGTH)
        self._arrived: deque[Frame] = deque()
        self._tag = 0
        self.retries = 0

    def info(self) -> Info:
        """What the board says of itself.

        Raises
        ------
        UserError
            When nothing answers, or it speaks another protocol.
        """
        for _ in range(1 + RETRIES):
            tag = self._send(Kind.INFO)
            frame = self._receive(self._timeout)
            while frame is not None and (frame.kind, frame.tag) != (Kind.INFO_REPLY, tag):
                frame = self._receive(self._timeout)
            if frame is not None:
                return Info.decode(frame.body)
            self._recover()
        raise UserError(
            "no board answers: check that its bitstream is from mulbudget, the port, and the baud "
            "rate it was built with"
        )

    def infer(
        self,
        samples: npt.NDArray[np.integer],
        info: Info,
        progress: Callable[[int], object] = lambda _: None,
    ) -> npt.NDArray[np.int64]:
        """Results of samples.

        Parameters
        ----------
        samples : integers, (samples, inputs)
        info : Info
            Of the board.
        progress : callable, optional
            Is told how many samples are done, at each.

        Returns
        -------
        int64, (samples, outputs)

        Raises
        ------
        UserError
            When the samples do not suit the board, the board refuses one, or the link fails.
        """
        samples = info.input.range.checked(samples, "the board")
        bodies = [info.input.encode(sample) for sample in samples]
        results = np.zeros((len(samples), info.output.count), np.int64)
        self._decoder.longest = 1 + max(Info.LENGTH, info.output.length)
        window = window_of(info)
        waiting, sent = deque(range(len(samples))), dict[int, int]()
        patience = self._timeout + window * sum(_frame_bytes(info)) * self._byte_time
        failures = done = 0
        while waiting or sent:
            while waiting and len(sent) < window:
                sample = waiting.popleft()
                sent[self._send(Kind.INFER, bodies[sample])] = sample
            frame = self._receive(patience)
            if frame is not None and frame.kind == Kind.INFER_REPLY:
                sample = sent.pop(frame.tag, None)
                if sample is not None and len(frame.body) == info.output.length:
                    results[sample] = info.output.decode(frame.body)
                    failures, done = 0, done + 1
                    progress(done)
                elif sample is not None:
                    raise UserError("the board's replies have another length than it said")
                continue
            if frame is not None and (frame.kind != Kind.ERROR or frame.tag not in sent):
                continue  # left over from before, or about a damaged tag: time will tell
            failures += 1
            if failures > RETRIES:
                raise UserError(
                    f"the link fails: {failures} requests in a row were not answered, after {done} "
                    f"of {len(samples)} samples; check the cable, or use a lower baud rate"
                )
            if frame is None:
                self._recover()
                again = list(sent.values())
                sent.clear()
            else:
                _check_refusal(frame, sent[frame.tag])
                again = [sent.pop(frame.tag)]
            waiting.extendleft(reversed(again))
            self.retries += len(again)
        return results

    def _send(self, kind: Kind, body: bytes = b"") -> int:
        """Send a request; returns its tag."""
        # Never 0, which in an error stands for a tag that did not arrive.
        self._tag = self._tag % _LAST_TAG + 1
        try:
            self._port.write(encode(kind, self._tag, body))
        except (serial.SerialException, OSError) as error:
            raise UserError(f"cannot write to the serial port: {error}") from error
        return self._tag

    def _receive(self, seconds: float) -> Frame | None:
        """The next frame; None when none comes in time."""
        deadline = self._clock() + seconds
        while not self._arrived:
            if self._clock() > deadline:
                return None
            self._arrived.extend(self._decoder.feed(self._read()))
        return self._arrived.popleft()

    def _recover(self) -> None:
        """Wait until the line is quiet for long enough that both ends forget what was begun."""
        quiet = GAP_BYTES * self._byte_time + self._timeout / 20
        deadline = self._clock() + quiet
        while self._clock() < deadline:
            if self._read():
                deadline = self._clock() + quiet
        self._decoder.reset()
        self._arrived.clear()

    def _read(self) -> bytes:
        try:
            received = self._port.read(1)
            waiting = getattr(self._port, "in_waiting", 0) if received else 0
            return received + (self._port.read(waiting) if waiting else b"")
        except (serial.SerialException, OSError) as error:
            raise UserError(f"the serial port is gone: {error}") from error


def window_of(info: Info) -> int:
    """How many requests may be on their way to a board without one being dropped.

    A board answers one request and keeps one more; it drops a third that ends meanwhile. Two on
    their way are safe whatever they are. More are safe where no request ever finds one that waits:
    where a reply is over before the next request is, by whichever clock is slower, and the network
    gives its result within the time of a request.
    """
    request, reply = _frame_bytes(info)
    over = reply <= (1 - _APART) * request
    prompt = info.latency <= min(request * BITS_A_BYTE * MIN_DIVIDER, MAX_LATENCY - 1)
    return WINDOW if over and prompt else _SAFE_WINDOW


def _frame_bytes(info: Info) -> tuple[int, int]:
    """Of a request and of its reply."""
    return OVERHEAD + 1 + info.input.length, OVERHEAD + 1 + info.output.length


def check_network(info: Info, fingerprint: bytes, name: str) -> None:
    """Raise `UserError` when a board holds another network than the one named."""
    if info.network != fingerprint:
        raise UserError(
            f"the board holds network {info.network.hex()}, and {name} is {fingerprint.hex()}: "
            "build its bitstream and program the board with it"
        )


def _check_refusal(frame: Frame, sample: int) -> None:
    """Raise `UserError` where asking again would not help."""
    code = frame.body[0] if frame.body else None
    if code == ErrorCode.OUT_OF_RANGE:
        raise UserError(
            f"the board refuses sample {sample}: a value is outside the range of its input; "
            "quantize the samples as the network's training does"
        )
    if code not in _TRANSIENT:
        raise UserError(f"the board refuses sample {sample} with error {code}")
