"""The board's end of the link: pins of a UART to the streams of a network."""

from collections.abc import Sequence

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from mulbudget.boards.frame import BITS_A_BYTE, GAP_BYTES, Info
from mulbudget.boards.replies import Replies
from mulbudget.boards.requests import Requests
from mulbudget.boards.samples import Deserialiser, Serialiser
from mulbudget.boards.uart import Receiver, Transmitter
from mulbudget.hw.channels import layout
from mulbudget.hw.streams import Port
from mulbudget.spn import Network


class Link(wiring.Component):
    """Answers requests; see `frame`.

    One request is answered at a time, and one more may wait. A frame that arrives on top of those
    is dropped, and a host that hears nothing asks again.

    Parameters
    ----------
    network : Network
    inputs : sequence of Port
        The streams that bring its hardware a sample.
    output : Port
        The stream that brings the result.
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
    i, or a, b : Out(stream)
        To the network, as `inputs` says.
    o : In(stream)
        From the network.
    """

    def __init__(
        self,
        network: Network,
        inputs: Sequence[Port],
        output: Port,
        *,
        latency: int,
        divider: int,
        gap_bytes: int = GAP_BYTES,
    ) -> None:
        self._input, self._output = network.input.flat, network.output.flat
        self._ports, self._port = inputs, output
        self._info = Info.of(network, latency)
        self._divider = divider
        self._gap = gap_bytes * BITS_A_BYTE * divider
        super().__init__(
            {
                "rx": In(1, init=1),
                "tx": Out(1, init=1),
                "o": In(stream.Signature(layout(output.ends))),
                **{port.name: Out(stream.Signature(layout(port.ends))) for port in inputs},
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Parts in a row, stream to stream where they are streams."""
        m = Module()
        m.submodules.receiver = receiver = Receiver(self._divider)
        m.submodules.requests = requests = Requests(self._input, self._gap)
        m.submodules.deserialiser = deserialiser = Deserialiser(self._input, self._ports)
        m.submodules.serialiser = serialiser = Serialiser(self._output, self._port)
        m.submodules.replies = replies = Replies(self._info)
        m.submodules.transmitter = transmitter = Transmitter(self._divider)
        connect(m, receiver.o, requests.i)
        connect(m, requests.job, replies.job)
        connect(m, replies.o, transmitter.i)
        for port in self._ports:
            connect(m, getattr(deserialiser, port.name), flipped(getattr(self, port.name)))
        connect(m, flipped(self.o), serialiser.i)
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            deserialiser.bytes.payload.eq(requests.byte),
            deserialiser.bytes.valid.eq(requests.byte_valid),
            deserialiser.clear.eq(requests.clear),
            deserialiser.commit.eq(requests.commit),
            requests.out_of_range.eq(deserialiser.out_of_range),
            requests.overrun.eq(deserialiser.overrun),
            replies.loaded.eq(serialiser.loaded),
            serialiser.load.eq(replies.load),
            replies.byte.eq(serialiser.byte),
            serialiser.next.eq(replies.next),
        ]
        return m
