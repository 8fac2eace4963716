"""A product in a hardware multiplier."""

from amaranth import Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import resized
from mulbudget.hw.families import Dsp
from mulbudget.hw.primitives import PRIMITIVES

_LOGIC = {"use_dsp": "no"}
"""Vivado makes a DSP block of any `*` else."""


class Multiplier(wiring.Component):
    """x * y: the family's primitive, or a registered `*` that synthesis maps.

    Latency is `registers`, the interval 1; nothing moves while `enable` is 0.

    Parameters
    ----------
    x : Shape
        Of the first operand.
    y : Shape or int
        Of the second operand, or the constant that it is.
    registers : int
        1 at the result, 2 at the operands too.
    dsp : Dsp or None
        The family's multiplier, which has its own number of registers.
    logic : bool
        Whether a `*` is to be made of logic; else synthesis may take a multiplier for it.

    Members
    -------
    enable : In(1)
    x : In
    y : In
        None where it is a constant.
    p : Out
        Of as many bits as both operands together.
    """

    def __init__(
        self, x: Shape, y: Shape | int, *, registers: int, dsp: Dsp | None, logic: bool = False
    ) -> None:
        if dsp is not None and dsp.primitive not in PRIMITIVES:
            raise ValueError(
                f"primitive must be one of {', '.join(PRIMITIVES)}, not {dsp.primitive}"
            )
        self._constant = y if isinstance(y, int) else None
        self._registers = registers
        self._dsp = dsp
        self._logic = logic
        factor = Const(y).shape() if isinstance(y, int) else y
        signature = {
            "enable": In(1),
            "x": In(x),
            "p": Out(Shape(x.width + factor.width, x.signed or factor.signed)),
        }
        super().__init__(signature if isinstance(y, int) else {**signature, "y": In(y)})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """One primitive, or one `*` between registers."""
        m = Module()
        y = self.y if self._constant is None else Const(self._constant)
        if self._dsp is None:
            m.d.comb += self.p.eq(self._registered(m, y))
            return m
        bits = self._dsp.bits
        product = Signal(Shape(2 * bits, signed=True))
        m.submodules.dsp = PRIMITIVES[self._dsp.primitive](
            resized(self.x, bits), resized(y, bits), product, self.enable
        )
        m.d.comb += self.p.eq(product)
        return m

    def _registered(self, m: Module, y: Value) -> Value:
        """The product behind so many registers, none of them at a constant."""
        x = self.x
        if self._registers > 1:
            x = self._register(m, x, "x_operand")
            y = y if isinstance(y, Const) else self._register(m, y, "y_operand")
        product = x * y
        if self._logic:
            product = Signal(product.shape(), name="in_logic", attrs=_LOGIC)
            m.d.comb += product.eq(x * y)
        return self._register(m, product, "product")

    def _register(self, m: Module, value: Value, name: str) -> Signal:
        register = Signal(value.shape(), name=name, reset_less=True)
        m.d.sync += register.eq(Mux(self.enable, value, register))
        return register
