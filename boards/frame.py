"""The frames on the UART link: the one description that gateware and host share.

A frame is

    SYNC  kind  length (2 bytes, little-endian)  payload (length bytes)  CRC-16 (high byte first)

and the CRC covers kind, length and payload. The payload begins with a tag that a reply repeats, so
that an answer is never taken for another request's. Values follow it, each in whole bytes,
little-endian, two's complement where the stream has negative values.

| kind | payload after the tag |
|---|---|
| INFER | one sample: every input channel in order |
| INFER_REPLY | every output channel in order |
| INFO | nothing |
| INFO_REPLY | see `Info` |
| ERROR | an `ErrorCode` |

A frame that is broken (CRC, a pause longer than the gap, a framing error) is dropped and answered
with ERROR; its tag is then what was received, and may be wrong, or 0 where it had not come yet.
"""

import binascii
import enum
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mulbudget import spn
from mulbudget.spn.ranges import LIMIT

PROTOCOL = 1
SYNC = 0xA5
CRC_INIT = 0xFFFF
"""With polynomial 0x1021, not reflected: CRC-16/IBM-3740, also called CCITT-FALSE."""

OVERHEAD = 6
"""Bytes of a frame around its payload."""

MAX_PAYLOAD = 0xFFFF
MAX_LATENCY = 0xFFFF
"""Of `Info`; stands for every longer one too."""

BITS_A_BYTE = 10
"""On the line: a start bit and a stop bit around the eight."""

MIN_DIVIDER = 4
"""Clocks of a bit, at least."""

GAP_BYTES = 256
"""A pause of so many byte times inside a frame ends it."""

_MOST_BYTES = 8  # of a value: those of a network stay below 2**62
_HEADER = struct.Struct("<BBH")


class Kind(enum.IntEnum):
    """What a frame is."""

    INFER = 0x01
    INFO = 0x02
    INFER_REPLY = 0x81
    INFO_REPLY = 0x82
    ERROR = 0xFF


class ErrorCode(enum.IntEnum):
    """Why a request was refused; the first that applies."""

    BROKEN = 1
    """A pause or a framing error inside the frame."""
    BAD_CRC = 2
    UNKNOWN_KIND = 3
    BAD_LENGTH = 4
    OUT_OF_RANGE = 5
    """A value outside the range of its input channel."""


@dataclass(frozen=True)
class Frame:
    """A frame that arrived whole."""

    kind: int
    tag: int
    body: bytes


def crc(content: bytes) -> int:
    """CRC-16 over kind, length and payload."""
    return binascii.crc_hqx(content, CRC_INIT)


def encode(kind: int, tag: int, body: bytes = b"") -> bytes:
    """The bytes of a frame; tag: 0 to 255."""
    content = _HEADER.pack(SYNC, kind, 1 + len(body)) + bytes([tag]) + body
    return content + crc(content[1:]).to_bytes(2, "big")


class Decoder:
    """Finds frames in the bytes that arrive, whatever noise lies between them.

    Parameters
    ----------
    longest : int
        Bytes of a payload; what announces more is noise, and not waited for. May be changed.
    """

    def __init__(self, longest: int = MAX_PAYLOAD) -> None:
        self.longest = longest
        self._pending = b""

    def reset(self) -> None:
        """Forget the part of a frame that has arrived."""
        self._pending = b""

    def feed(self, received: bytes) -> Iterator[Frame]:
        """Yield the frames that `received` completes; a damaged one is skipped."""
        self._pending += received
        while True:
            start = self._pending.find(SYNC)
            self._pending = self._pending[start:] if start >= 0 else b""
            if len(self._pending) < _HEADER.size:
                return
            _, kind, length = _HEADER.unpack_from(self._pending)
            end = length + OVERHEAD
            plausible = 0 < length <= self.longest
            if plausible and len(self._pending) < end:
                return
            content = self._pending[1 : end - 2]
            if plausible and crc(content) == int.from_bytes(self._pending[end - 2 : end], "big"):
                self._pending = self._pending[end:]
                yield Frame(kind, content[3], content[4:])
            else:
                self._pending = self._pending[1:]


@dataclass(frozen=True)
class Values:
    """How the channels of a stream travel.

    Parameters
    ----------
    count : int
        Channels.
    size : int
        Bytes of each.
    signed : bool
        Whether they are two's complement; else they are never negative.
    """

    count: int
    size: int
    signed: bool

    @classmethod
    def of(cls, tensor: spn.Tensor) -> "Values":
        """For the samples of a tensor: as many bytes as its widest channel needs.

        Raises
        ------
        UserError
            When a sample is too long for a frame.
        """
        tensor = tensor.flat
        low, high = min(tensor.range.low), max(tensor.range.high)
        bits, signed = spn.width(low, high)
        values = cls(tensor.range.channels, -(-bits // 8), signed)
        if 1 + values.length > MAX_PAYLOAD:
            raise spn.UserError(
                f"a sample of {values.count:,} channels takes {values.length:,} bytes on the UART, "
                f"and a frame holds {MAX_PAYLOAD - 1:,}: use fewer or narrower inputs and outputs"
            )
        return values

    @property
    def length(self) -> int:
        """Bytes of one sample."""
        return self.count * self.size

    @property
    def range(self) -> spn.Range:
        """What so many bytes hold, as far as any network's values go."""
        end = min(1 << (8 * self.size - self.signed), LIMIT) - 1
        return spn.Range.uniform(max(-end - 1, 1 - LIMIT) if self.signed else 0, end, self.count)

    def encode(self, sample: npt.NDArray[np.int64]) -> bytes:
        """One sample, (count,), as the body of a frame."""
        return b"".join(
            int(value).to_bytes(self.size, "little", signed=self.signed) for value in sample
        )

    def decode(self, body: bytes) -> npt.NDArray[np.int64]:
        """The sample, (count,), that a body of `length` bytes holds."""
        chunks = (body[start : start + self.size] for start in range(0, self.length, self.size))
        values = [int.from_bytes(chunk, "little", signed=self.signed) for chunk in chunks]
        return np.array(values, np.int64)


@dataclass(frozen=True)
class Info:
    """What a board says of itself, so that a host can refuse one that holds another network.

    Parameters
    ----------
    protocol : int
        PROTOCOL of the gateware.
    network : bytes
        The first 8 bytes of the SHA-256 of the .spn file's bytes.
    latency : int
        Clocks from a sample to its result; MAX_LATENCY where it is that or longer.
    input, output : Values
        Of requests and replies.
    """

    protocol: int
    network: bytes
    latency: int
    input: Values
    output: Values

    _LAYOUT = struct.Struct("<B8sHHB?HB?")
    LENGTH = _LAYOUT.size
    """Bytes of the body of INFO_REPLY."""

    @classmethod
    def of(cls, network: spn.Network, latency: int) -> "Info":
        """Of the gateware for `network`."""
        values = (Values.of(tensor) for tensor in (network.input, network.output))
        return cls(PROTOCOL, fingerprint(network), min(latency, MAX_LATENCY), *values)

    def encode(self) -> bytes:
        """The body of INFO_REPLY."""
        streams = ((each.count, each.size, each.signed) for each in (self.input, self.output))
        (first, second) = streams
        return self._LAYOUT.pack(self.protocol, self.network, self.latency, *first, *second)

    @classmethod
    def decode(cls, body: bytes) -> "Info":
        """From the body of INFO_REPLY; `UserError` where this cannot be one of ours."""
        if len(body) != cls._LAYOUT.size or body[0] != PROTOCOL:
            raise spn.UserError(
                f"the board speaks version {body[0] if body else '?'} of the link, and this "
                f"mulbudget version {PROTOCOL}: build its bitstream again"
            )
        protocol, network, latency, *streams = cls._LAYOUT.unpack(body)
        values = Values(*streams[:3]), Values(*streams[3:])
        if not all(each.count and 0 < each.size <= _MOST_BYTES for each in values):
            raise spn.UserError(
                f"the board describes samples that no network has ({values[0]}, {values[1]}): "
                "build its bitstream again"
            )
        return cls(protocol, network, latency, *values)


def fingerprint(network: spn.Network) -> bytes:
    """What tells one network from another on the link."""
    return bytes.fromhex(spn.digest(network))[:8]
