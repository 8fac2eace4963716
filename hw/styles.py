"""How a layer can be built."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mulbudget.spn import Convolution, Network, Node, SumProduct, UserError


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


@dataclass(frozen=True)
class Folded:
    """So many inputs a clock, and so many products, at most; columns of Wb and Wc in memory."""

    lanes: int = 1
    multipliers: int = 1
    name: ClassVar[str] = "folded"

    def __str__(self) -> str:
        return f"{self.name}:{self.lanes}:{self.multipliers}"


Style = Parallel | Serial | Folded

STYLES = {style.name: style for style in (Parallel, Serial, Folded)}

_NUMBERS = {
    Parallel.name: (),
    Serial.name: (("bits a digit", 64),),
    Folded.name: (("inputs a clock", 4096), ("multipliers", 4096)),
}
"""What the numbers behind a style say, and the most that each can be."""


def parse(text: str) -> Style:
    """A style from "parallel", "serial:2", "folded:4:2" …; numbers that are left out are 1.

    Raises
    ------
    UserError
        When there is no such style, or its numbers are none.
    """
    name, *numbers = text.split(":")
    if name not in STYLES:
        raise UserError(f"there is no style {name!r}: choose from {', '.join(STYLES)}")
    meanings = _NUMBERS[name]
    if len(numbers) > len(meanings):
        takes = " and ".join(what for what, _ in meanings) or "none"
        raise UserError(f"style {text!r} has too many numbers: {name} takes {takes}")
    for number, (what, most) in zip(numbers, meanings, strict=False):
        if not (number.isascii() and number.isdigit() and 1 <= int(number) <= most):
            raise UserError(f"style {text!r} has {number!r} {what}: use 1 to {most}")
    return STYLES[name](*map(int, numbers))


def styles_of(network: Network, options: Sequence[str]) -> dict[str, Style]:
    """The style of each sum-product layer: as `fixed_styles` says, and parallel."""
    parallel: dict[str, Style] = {node.name: Parallel() for node in styled(network)}
    return parallel | fixed_styles(network, options)


def fixed_styles(network: Network, options: Sequence[str]) -> dict[str, Style]:
    """The styles that options "STYLE" and "LAYER=STYLE" give to sum-product layers.

    One without a layer is for all that have none of their own.

    Raises
    ------
    UserError
        When a layer is unknown or no sum-product layer, or two options are for the same.
    """
    layers = [node.name for node in styled(network)]
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
    styles = {layer: parse(option.rpartition("=")[2]) for layer, option in chosen.items()}
    if "" in styles:
        default = styles.pop("")
        return {layer: styles.get(layer, default) for layer in layers}
    return styles


def styled(network: Network) -> list[Node]:
    """The sum-product layers, which have a style."""
    return [node for node in network.nodes if isinstance(node.operator, SumProduct | Convolution)]
