"""The board's end of the link: pins of a UART to the streams of a network."""

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from mulbudget.boards.frame import BITS_A_BYTE, GAP_BYTES, Info
from mulbudget.boards.replies import Replies
from mulbudget.boards.requests import Requests
from mulbudget.boards.samples import Deserialiser, Serialiser
from mulbudget.boards.uart import Receiver, Transmitter
from mulbudget.hw.channels import layout
from mulbudget.spn import Network


class Link(wiring.Component):
    """Answers requests; see `frame`.

    One request is answered at a time, and one more may wait. A frame that arrives on top of those
    is dropped, and a host that hears nothing asks again.

    Parameters
    ----------
    network : Network
    latency : int
        Of its hardware, for the info reply.
    divider : int
        Clocks of a bit.
    gap_bytes : int
        A pause of so many byte times ends a frame.

    Members
    -------
    rx : In(1), tx : Out(1)
        The pins, high at rest.
    o : Out(stream of the input's layout)
        To the network.
    i : In(stream of the output's layout)
        From the network.
    """

    def __init__(
        self, network: Network, *, latency: int, divider: int, gap_bytes: int = GAP_BYTES
    ) -> None:
        self._input, self._output = network.input.flat, network.output.flat
        self._info = Info.of(network, latency)
        self._divider = divider
        self._gap = gap_bytes * BITS_A_BYTE * divider
        super().__init__(
            {
                "rx": In(1, init=1),
                "tx": Out(1, init=1),
                "o": Out(stream.Signature(layout(self._input.range.ends))),
                "i": In(stream.Signature(layout(self._output.range.ends))),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Parts in a row, stream to stream where they are streams."""
        m = Module()
        m.submodules.receiver = receiver = Receiver(self._divider)
        m.submodules.requests = requests = Requests(self._input, self._gap)
        m.submodules.deserialiser = deserialiser = Deserialiser(self._input)
        m.submodules.serialiser = serialiser = Serialiser(self._output)
        m.submodules.replies = replies = Replies(self._info)
        m.submodules.transmitter = transmitter = Transmitter(self._divider)
        connect(m, receiver.o, requests.i)
        connect(m, requests.job, replies.job)
        connect(m, replies.o, transmitter.i)
        connect(m, deserialiser.o, flipped(self.o))
        connect(m, flipped(self.i), serialiser.i)
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            deserialiser.i.payload.eq(requests.byte),
            deserialiser.i.valid.eq(requests.byte_valid),
            deserialiser.clear.eq(requests.clear),
            deserialiser.commit.eq(requests.commit),
            requests.out_of_range.eq(deserialiser.out_of_range),
            requests.overrun.eq(deserialiser.overrun),
            replies.result_valid.eq(self.i.valid),
            serialiser.load.eq(replies.load),
            replies.byte.eq(serialiser.byte),
            serialiser.next.eq(replies.next),
        ]
        return m
