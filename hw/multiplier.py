"""A product by a constant in a hardware multiplier."""

from amaranth import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import shape
from mulbudget.hw.datapath import Op, Product
from mulbudget.hw.families import Dsp
from mulbudget.hw.primitives import PRIMITIVES


class Multiplier(wiring.Component):
    """constant * x: the family's primitive, or a registered `*` where there is no family.

    Latency is `product.clocks`, the interval 1; nothing moves while `enable` is 0.

    Parameters
    ----------
    product : Product
        Constant, and range of the result.
    operand : Op
        Range of x.
    dsp : Dsp or None
        The family's multiplier.

    Members
    -------
    enable : In(1)
    x : In
    y : Out
    """

    def __init__(self, product: Product, operand: Op, dsp: Dsp | None) -> None:
        if dsp is not None and dsp.primitive not in PRIMITIVES:
            raise ValueError(
                f"primitive must be one of {', '.join(PRIMITIVES)}, not {dsp.primitive}"
            )
        self._constant = product.constant
        self._dsp = dsp
        super().__init__(
            {
                "enable": In(1),
                "x": In(shape(operand.low, operand.high)),
                "y": Out(shape(product.low, product.high)),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """One primitive, or one `*` between registers."""
        m = Module()
        if self._dsp is None:
            x = Signal.like(self.x, name="operand", reset_less=True)
            y = Signal.like(self.y, name="product", reset_less=True)
            m.d.sync += [
                x.eq(Mux(self.enable, self.x, x)),
                y.eq(Mux(self.enable, x * self._constant, y)),
            ]
            m.d.comb += self.y.eq(y)
            return m
        bits = self._dsp.bits
        product = Signal(signed(2 * bits))
        m.submodules.dsp = PRIMITIVES[self._dsp.primitive](
            _extend(self.x, bits), Const(self._constant, bits), product, self.enable
        )
        m.d.comb += self.y.eq(product)
        return m


def _extend(x: Value, bits: int) -> Value:
    """`x` as `bits` bits, two's complement."""
    missing = bits - len(x)
    sign = x[-1] if x.shape().signed else Const(0, 1)
    return Cat(x, sign.replicate(missing))
