"""The host's end of a UART in Amaranth's simulator."""

from typing import Any

from mulbudget.boards.frame import Decoder, Frame


class Pins:
    """Drives the pin that a board reads and samples the pin that it writes.

    Parameters
    ----------
    divider : int
        Clocks of a bit.
    """

    def __init__(self, rx: Any, tx: Any, divider: int) -> None:
        self.rx, self.tx, self.divider = rx, tx, divider
        self.received = bytearray()
        self.frames: list[Frame] = []
        self._decoder = Decoder()

    async def send(self, ctx: Any, content: bytes, *, stop: int = 1) -> None:
        for byte in content:
            for bit in [0, *(byte >> index & 1 for index in range(8)), stop]:
                ctx.set(self.rx, bit)
                await ctx.tick().repeat(self.divider)
        ctx.set(self.rx, 1)

    async def listen(self, ctx: Any) -> None:
        """A background process: collects what the board sends."""
        count, byte = 0, 0
        async for _, _, tx in ctx.tick().sample(self.tx):
            if count == 0 and tx:
                continue
            bit, phase = divmod(count, self.divider)
            count += 1
            if phase != self.divider // 2:
                continue
            byte = byte >> 1 | tx << 8
            if bit == 9:
                assert tx == 1, "no stop bit"
                self._take(byte & 0xFF)
                count = 0

    def _take(self, byte: int) -> None:
        self.received.append(byte)
        self.frames += self._decoder.feed(bytes([byte]))
