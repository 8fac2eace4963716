"""How a layer can be built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from mulbudget.spn import Convolution, Network, SumProduct, UserError


@dataclass(frozen=True)
class Parallel:
    """The whole adder graphs in space, a sample every clock."""

    name: ClassVar[str] = "parallel"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Serial:
    """The same graphs a digit of so many bits a clock, a sample every word."""

    digit: int = 1
    name: ClassVar[str] = "serial"

    def __str__(self) -> str:
        return f"{self.name}:{self.digit}"


Style = Parallel | Serial

STYLES = {style.name: style for style in (Parallel, Serial)}


def parse(text: str) -> Style:
    """A style from "parallel", "serial" or "serial:2".

    Raises
    ------
    UserError
        When there is no such style, or its number is none.
    """
    name, colon, number = text.partition(":")
    if name not in STYLES:
        raise UserError(f"there is no style {name!r}: choose from {', '.join(STYLES)}")
    if not colon:
        return STYLES[name]()
    if name == Parallel.name:
        raise UserError(f"style {text!r} has a number, and {name} takes none")
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= 64):
        raise UserError(f"style {text!r} has {number!r} bits a digit: use 1 to 64")
    return Serial(int(number))


def styles_of(network: Network, options: Sequence[str]) -> dict[str, Style]:
    """The style of each sum-product layer from options "STYLE" and "LAYER=STYLE".

    One without a layer is for all that have none of their own; the others are parallel.

    Raises
    ------
    UserError
        When a layer is unknown or no sum-product layer, or two options are for the same.
    """
    layers = [
        node.name for node in network.nodes if isinstance(node.operator, SumProduct | Convolution)
    ]
    chosen: dict[str, str] = {}
    for option in options:
        layer, equals, _ = option.rpartition("=")
        if equals and layer not in layers:
            raise UserError(
                f"--style {option}: there is no sum-product layer {layer!r}: choose from "
                f"{', '.join(layers) or 'none'}"
            )
        if layer in chosen:
            raise UserError(
                f"--style {chosen[layer]} and --style {option} contradict each other: "
                f"{f'layer {layer}' if layer else 'all layers'} can have one style"
            )
        chosen[layer] = option
    return _parsed(chosen, layers)


def _parsed(chosen: Mapping[str, str], layers: Sequence[str]) -> dict[str, Style]:
    styles = {layer: parse(option.rpartition("=")[2]) for layer, option in chosen.items()}
    default = styles.pop("", Parallel())
    return {layer: styles.get(layer, default) for layer in layers}
