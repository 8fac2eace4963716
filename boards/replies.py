"""Sends the replies to requests."""

import enum

from amaranth.hdl import Array, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.crc.catalog import CRC16_IBM_3740
from amaranth.lib.wiring import In, Out

from mulbudget.boards.frame import SYNC, Info, Kind
from mulbudget.boards.requests import JOB


class _State(enum.Enum):
    """What the next byte is."""

    IDLE = 0
    RESULT = 1
    SYNC = 2
    KIND = 3
    LENGTH_LOW = 4
    LENGTH_HIGH = 5
    TAG = 6
    BODY = 7
    CRC_HIGH = 8
    CRC_LOW = 9


class Replies(wiring.Component):
    """Builds one frame for every job.

    Parameters
    ----------
    info : Info
        The body of INFO_REPLY.

    Members
    -------
    job : In(stream of requests.JOB)
    loaded : In(1), load : Out(1)
        The network's result is there; it is taken.
    byte : In(8), next : Out(1)
        The bytes of the result taken, as `Serialiser` gives them.
    o : Out(stream of 8 bits)
    """

    def __init__(self, info: Info) -> None:
        self._info = info
        super().__init__(
            {
                "job": In(stream.Signature(JOB)),
                "loaded": In(1),
                "load": Out(1),
                "byte": In(8),
                "next": Out(1),
                "o": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A state for every byte of a frame."""
        m = Module()
        state = Signal(_State)
        job = Signal(JOB, reset_less=True)
        infer_bytes, info_body = self._info.output.length, self._info.encode()
        left = Signal(range(max(infer_bytes, len(info_body)) + 1))
        length = Signal(16)
        body = Signal(8)
        with m.If(job.infer):
            m.d.comb += [length.eq(1 + infer_bytes), body.eq(self.byte)]
        with m.Elif(job.info):
            m.d.comb += [length.eq(1 + len(info_body)), body.eq(_rom(info_body[::-1])[left])]
        with m.Else():
            m.d.comb += [length.eq(2), body.eq(job.code)]

        byte, send, crc = self._output(m, state)
        after_tag = Signal()
        m.d.comb += after_tag.eq(left == 0)
        with m.Switch(state):
            with m.Case(_State.IDLE):
                m.d.comb += self.job.ready.eq(1)
                with m.If(self.job.valid):
                    m.d.sync += [
                        job.eq(self.job.payload),
                        state.eq(Mux(self.job.payload.infer, _State.RESULT, _State.SYNC)),
                    ]
            with m.Case(_State.RESULT):
                m.d.comb += self.load.eq(1)
                with m.If(self.loaded):
                    m.d.sync += state.eq(_State.SYNC)
            for each, after, value in (
                (_State.SYNC, _State.KIND, Const(SYNC, 8)),
                (_State.KIND, _State.LENGTH_LOW, _kind(job)),
                (_State.LENGTH_LOW, _State.LENGTH_HIGH, length[:8]),
                (_State.LENGTH_HIGH, _State.TAG, length[8:]),
                (_State.TAG, _State.BODY, job.tag),
                (_State.CRC_HIGH, _State.CRC_LOW, crc[8:]),
                (_State.CRC_LOW, _State.IDLE, crc[:8]),
            ):
                with m.Case(each):
                    m.d.comb += byte.eq(value)
                    with m.If(send):
                        m.d.sync += state.eq(after)
            with m.Case(_State.BODY):
                m.d.comb += [byte.eq(body), self.next.eq(send)]
                with m.If(send & after_tag):
                    m.d.sync += state.eq(_State.CRC_HIGH)
        with m.If(state == _State.TAG):
            m.d.sync += left.eq(length - 2)
        with m.Elif(self.next):
            m.d.sync += left.eq(left - 1)
        return m

    def _output(self, m: Module, state: Signal) -> tuple[Signal, Signal, Signal]:
        """A register before the transmitter, and the CRC of what passes it.

        Returns
        -------
        byte : Signal(8)
            To be set to what is next.
        send : Signal(1)
            It is taken in this clock.
        crc : Signal(16)
            Of all that was taken; settled when the next byte is.
        """
        byte, send, idle = Signal(8), Signal(), Signal()
        m.submodules.crc = crc = CRC16_IBM_3740().create()
        fresh = Signal()
        m.d.comb += [
            idle.eq((state == _State.IDLE) | (state == _State.RESULT)),
            send.eq(~self.o.valid & ~idle),
            crc.start.eq(idle),
            crc.data.eq(self.o.payload),
            crc.valid.eq(fresh),
        ]
        covered = (state != _State.SYNC) & (state != _State.CRC_HIGH) & (state != _State.CRC_LOW)
        m.d.sync += fresh.eq(send & covered)
        with m.If(send):
            m.d.sync += [self.o.payload.eq(byte), self.o.valid.eq(1)]
        with m.Elif(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        return byte, send, crc.crc


def _kind(job: Signal) -> Signal:
    return Mux(job.infer, Kind.INFER_REPLY, Mux(job.info, Kind.INFO_REPLY, Kind.ERROR))


def _rom(content: bytes) -> Array:
    return Array(Const(byte, 8) for byte in content)
