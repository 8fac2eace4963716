"""Finds requests in the bytes that a host sends, and checks them."""

import enum

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.crc.catalog import CRC16_IBM_3740
from amaranth.lib.wiring import In, Out

from mulbudget.boards.frame import SYNC, ErrorCode, Kind, Values
from mulbudget.boards.uart import RECEIVED
from mulbudget.spn import Tensor

JOB = data.StructLayout({"infer": 1, "info": 1, "tag": 8, "code": range(max(ErrorCode) + 1)})
"""A request to be answered: by a result, by the info reply, or by `code` where it is neither."""


class _State(enum.Enum):
    """What the next byte is."""

    SYNC = 0
    KIND = 1
    LENGTH_LOW = 2
    LENGTH_HIGH = 3
    PAYLOAD = 4
    CRC_HIGH = 5
    CRC_LOW = 6
    CHECK = 7


class _Frame:
    """What is known of the frame that arrives.

    Attributes
    ----------
    state : Signal(_State)
    received : Signal(1)
        A byte, in this clock.
    infer, info, length_right, tag : Signal
        Once their bytes have arrived.
    report, code : Signal
        It ends in this clock, with an error where `code` is not 0.
    """

    def __init__(self) -> None:
        self.state = Signal(_State)
        self.received = Signal()
        self.infer, self.info, self.length_right = Signal(), Signal(), Signal()
        self.tag = Signal(8)
        self.report = Signal()
        self.code = Signal(range(max(ErrorCode) + 1))


class Requests(wiring.Component):
    """A frame parser that hands a sample on only after its CRC, length and ranges were checked.

    After a bad frame it looks for the next SYNC. A frame is read to the end its length announces,
    so that errors are reported once, and a pause ends it.

    Parameters
    ----------
    tensor : Tensor
        The network's input.
    gap : int
        Clocks of a pause that ends a frame.

    Members
    -------
    i : In(stream of uart.RECEIVED, always ready)
    byte : Out(8), byte_valid : Out(1)
        The bytes of a sample, while its frame arrives.
    clear, commit : Out(1)
        A sample begins; the sample that arrived is right.
    out_of_range, overrun : In(1)
        What `Deserialiser` found.
    job : Out(stream of JOB)
        A frame that ends while one is still on offer is dropped: the host asks again.
    """

    def __init__(self, tensor: Tensor, gap: int) -> None:
        self._length = 1 + Values.of(tensor).length
        self._gap = gap
        super().__init__(
            {
                "i": In(stream.Signature(RECEIVED, always_ready=True)),
                "byte": Out(8),
                "byte_valid": Out(1),
                "clear": Out(1),
                "commit": Out(1),
                "out_of_range": In(1),
                "overrun": In(1),
                "job": Out(stream.Signature(JOB)),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A state for every byte of a frame."""
        m = Module()
        m.submodules.crc = crc = CRC16_IBM_3740().create()
        f = _Frame()
        byte = self.i.payload.data
        m.d.comb += [
            f.received.eq(self.i.valid & ~self.i.payload.broken),
            crc.start.eq(f.state == _State.SYNC),
            crc.data.eq(byte),
            crc.valid.eq(f.received & (f.state != _State.SYNC)),
            self.byte.eq(byte),
        ]
        with m.Switch(f.state):
            with m.Case(_State.SYNC), m.If(f.received & (byte == SYNC)):
                m.d.sync += f.state.eq(_State.KIND)
            with m.Case(_State.KIND):
                m.d.comb += self.clear.eq(1)
                m.d.sync += f.tag.eq(0)
                with m.If(f.received):
                    m.d.sync += [
                        f.infer.eq(byte == Kind.INFER),
                        f.info.eq(byte == Kind.INFO),
                        f.state.eq(_State.LENGTH_LOW),
                    ]
            self._payload(m, f)
            with m.Case(_State.CRC_HIGH), m.If(f.received):
                m.d.sync += f.state.eq(_State.CRC_LOW)
            with m.Case(_State.CRC_LOW), m.If(f.received):
                m.d.sync += f.state.eq(_State.CHECK)
            with m.Case(_State.CHECK):
                m.d.sync += f.state.eq(_State.SYNC)
                m.d.comb += f.report.eq(1)
                with m.If(~crc.match_detected):
                    m.d.comb += f.code.eq(ErrorCode.BAD_CRC)
                with m.Elif(~f.infer & ~f.info):
                    m.d.comb += f.code.eq(ErrorCode.UNKNOWN_KIND)
                with m.Elif(~f.length_right):
                    m.d.comb += f.code.eq(ErrorCode.BAD_LENGTH)
                with m.Elif(f.infer & self.overrun):
                    m.d.comb += f.report.eq(0)
                with m.Elif(f.infer & self.out_of_range):
                    m.d.comb += f.code.eq(ErrorCode.OUT_OF_RANGE)
        self._abort(m, f)
        self._answer(m, f)
        return m

    def _payload(self, m: Module, f: _Frame) -> None:
        """Length, tag and sample."""
        byte = self.i.payload.data
        left = Signal(range(self._length + 1))
        high_bits = max(len(left) - 8, 0)
        too_long, first = Signal(), Signal()
        announced = Signal(16)
        m.d.comb += announced.eq(Cat(left[:8], Const(0, 8 - len(left[:8])), byte))
        with m.Case(_State.LENGTH_LOW):
            m.d.sync += [left.eq(byte), too_long.eq(byte[len(left) :].any()), first.eq(1)]
            with m.If(f.received):
                m.d.sync += f.state.eq(_State.LENGTH_HIGH)
        with m.Case(_State.LENGTH_HIGH):
            m.d.sync += f.length_right.eq(announced == Mux(f.infer, self._length, 1))
            with m.If(f.received):
                if high_bits:
                    m.d.sync += left[8:].eq(byte)
                with m.If(too_long | byte[high_bits:].any()):
                    # More than any request has, so the length itself may be damaged.
                    m.d.comb += [f.report.eq(1), f.code.eq(ErrorCode.BAD_LENGTH)]
                    m.d.sync += f.state.eq(_State.SYNC)
                with m.Elif(announced == 0):
                    m.d.sync += f.state.eq(_State.CRC_HIGH)
                with m.Else():
                    m.d.sync += f.state.eq(_State.PAYLOAD)
        with m.Case(_State.PAYLOAD):
            m.d.comb += self.byte_valid.eq(f.received & ~first & f.infer & f.length_right)
            with m.If(f.received):
                m.d.sync += [left.eq(left - 1), first.eq(0)]
                with m.If(first):
                    m.d.sync += f.tag.eq(byte)
                with m.If(left == 1):
                    m.d.sync += f.state.eq(_State.CRC_HIGH)

    def _abort(self, m: Module, f: _Frame) -> None:
        """End the frame at a pause or a framing error."""
        inside, pause = Signal(), Signal(range(self._gap + 1))
        m.d.comb += inside.eq((f.state != _State.SYNC) & (f.state != _State.CHECK))
        with m.If(self.i.valid | ~inside):
            m.d.sync += pause.eq(self._gap)
        with m.Else():
            m.d.sync += pause.eq(pause - 1)
        with m.If(inside & ((self.i.valid & self.i.payload.broken) | (pause == 0))):
            m.d.comb += [f.report.eq(1), f.code.eq(ErrorCode.BROKEN)]
            m.d.sync += f.state.eq(_State.SYNC)

    def _answer(self, m: Module, f: _Frame) -> None:
        """Put what was found on offer, and let the sample go at the same time."""
        offer = Signal()
        m.d.comb += [
            offer.eq(f.report & (~self.job.valid | self.job.ready)),
            self.commit.eq(offer & f.infer & (f.code == 0)),
        ]
        with m.If(self.job.ready):
            m.d.sync += self.job.valid.eq(0)
        with m.If(offer):
            m.d.sync += [
                self.job.valid.eq(1),
                self.job.payload.infer.eq(f.infer & (f.code == 0)),
                self.job.payload.info.eq(f.info & (f.code == 0)),
                self.job.payload.tag.eq(f.tag),
                self.job.payload.code.eq(f.code),
            ]
