"""Recipes: everything that decides what a training run learns, apart from its budget and seed."""

import difflib
import math
import types
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from mulbudget.spn import UserError


class About(NamedTuple):
    """What a field means, and the range of its value or of each of its values."""

    text: str
    low: float = -math.inf
    high: float = math.inf
    per_layer: bool = False


_BITS, _MANY = 16, 10**6


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training run's settings; the text of each field stands with it.

    A field with a value for each layer also takes one value for all of them.

    Raises
    ------
    UserError
        Naming the field, when a value is out of its range or values are missing.
    """

    name: Literal["digits", "mnist"]
    """Of the data set, the recipe and the network."""

    hidden: Annotated[
        tuple[int, ...],
        About("Units of each hidden layer; a layer with wc=identity has as many as products.", 1),
    ] = (32,)
    r: Annotated[
        tuple[int, ...],
        About("Products of each layer; a budget is split in these proportions.", 1),
    ] = (18, 10)
    wc: Annotated[
        tuple[Literal["learned", "identity"], ...],
        About("Wc of each layer; identity has no output adders.", per_layer=True),
    ] = ("learned",)
    outputs_per_class: Annotated[
        int,
        About(
            "A power of two; the class of the largest output wins. More help few products.", 1, 64
        ),
    ] = 1
    input_bits: Annotated[int, About("Bits of a pixel: the lower ones are dropped.", 1, 8)] = 5

    quantizer: Annotated[
        Literal["fixed", "scaled"],
        About("Threshold of the ternary entries: fixed, or relative to the mean magnitude."),
    ] = "scaled"
    wb_threshold: Annotated[
        tuple[float, ...],
        About("Its factor for Wb of each layer: larger is sparser.", 0, per_layer=True),
    ] = (1.2, 1.0)
    wc_threshold: Annotated[
        tuple[float, ...], About("Its factor for Wc of each layer.", 0, per_layer=True)
    ] = (1.0,)
    a_bits: Annotated[int, About("Bits of the largest multiplicand of a layer.", 1, _BITS)] = 6
    a_digits: Annotated[
        int,
        About("Signed digits of a multiplicand at most: its adders as shift-and-add, plus 1.", 1),
    ] = 3
    bias_places: Annotated[
        int, About("Binary places of a bias below the unit of what the layer gives.", 0, _BITS)
    ] = 1
    activation_bits: Annotated[int, About("Bits of a hidden unit.", 1, _BITS)] = 4
    activation_fraction: Annotated[int, About("Binary places of a hidden unit.", 0, _BITS)] = 1

    batch: Annotated[int, About("Samples a step.", 2)] = 128
    full_epochs: Annotated[int, About("Epochs with Wb and Wc in full precision.", 0, _MANY)] = 200
    ternary_epochs: Annotated[int, About("Epochs with ternary Wb and Wc.", 0, _MANY)] = 500
    frozen_epochs: Annotated[
        int, About("Epochs with Wb and Wc fixed, and integer a and bias.", 0, _MANY)
    ] = 150
    full_rate: Annotated[float, About("First learning rate of each phase; it falls to 0.", 0)] = (
        0.01
    )
    ternary_rate: Annotated[float, About("The same, ternary phase.", 0)] = 0.01
    frozen_rate: Annotated[float, About("The same, last phase.", 0)] = 0.002
    ternary_ramp: Annotated[
        float, About("Share of the ternary phase over which the entries become ternary.", 0, 1)
    ] = 0.6
    wb_sparsity: Annotated[
        tuple[float, ...],
        About(
            "Weight of the penalty on the mean magnitude of Wb of each layer.", 0, per_layer=True
        ),
    ] = (0.0,)
    wc_sparsity: Annotated[tuple[float, ...], About("The same, Wc.", 0, per_layer=True)] = (0.0,)

    degrees: Annotated[float, About("Random rotation of the images, standard deviation.", 0)] = 8.0
    pixels: Annotated[float, About("Random shift along each axis, standard deviation.", 0)] = 0.6
    zoom: Annotated[float, About("Random logarithm of the scale, standard deviation.", 0)] = 0.08
    noise: Annotated[
        float, About("Random noise of a pixel, standard deviation; the largest pixel is 1.", 0)
    ] = 0.0
    copies: Annotated[
        int, About("Distorted copies of the training set; each epoch takes the next one.", 1, 1000)
    ] = 60

    distillation: Annotated[
        float, About("Share of the teachers in the loss; 0 trains without them.", 0, 1)
    ] = 0.7
    temperature: Annotated[float, About("Of the distillation.", 0.01)] = 2.0
    teachers: Annotated[int, About("Networks in the full-precision ensemble.", 1, 100)] = 2
    teacher_width: Annotated[int, About("Units of its two hidden layers.", 1)] = 256
    teacher_epochs: Annotated[int, About("Epochs of each.", 0, _MANY)] = 150
    teacher_rate: Annotated[float, About("First learning rate of each.", 0)] = 0.003
    teacher_dropout: Annotated[float, About("Hidden units that a step leaves out.", 0, 0.95)] = 0.2
    teacher_smoothing: Annotated[float, About("Label smoothing.", 0, 1)] = 0.05

    threads: Annotated[
        int, About("Of PyTorch on the CPU; the last bits of a sum depend on it.", 1, 256)
    ] = 1

    def __post_init__(self) -> None:
        for name, (_, about) in settings().items():
            value = getattr(self, name)
            values = value if isinstance(value, tuple) else (value,)
            if about.per_layer and len(values) not in (1, self.layers):
                raise UserError(
                    f"recipe field {name} has {len(values)} values for {self.layers} layers: give "
                    f"{self.layers}, or one for all"
                )
            for each in values:
                if not isinstance(each, str) and not about.low <= each <= about.high:
                    raise UserError(f"recipe field {name} is {each}, not {_interval(about)}")
        if self.outputs_per_class.bit_count() != 1:
            raise UserError(
                f"recipe field outputs_per_class is {self.outputs_per_class}, not a power of two"
            )
        if len(self.r) != self.layers:
            raise UserError(
                f"recipe field r has {len(self.r)} values for {self.layers} layers: set hidden and "
                "r together"
            )

    @property
    def dataset(self) -> str:
        """What it learns."""
        return self.name

    @property
    def layers(self) -> int:
        """How many sum-product layers."""
        return len(self.hidden) + 1

    def outputs(self, classes: int) -> int:
        """Of the last layer: the first class has only half, because Requantize rounds."""
        return classes * self.outputs_per_class - self.outputs_per_class // 2

    def of_layers(self, name: str) -> tuple[Any, ...]:
        """The values of a field that has one for each layer."""
        values = getattr(self, name)
        return values * self.layers if len(values) == 1 else values


def find_recipe(
    name: str, *, multipliers: int | None = None, r: Sequence[int] | None = None
) -> Recipe:
    """The recipe of this name.

    Parameters
    ----------
    name : str
    multipliers, r
        As for `budget.split`: digits has no hidden layer where they are few, or r is of one layer.

    Raises
    ------
    UserError
        With the nearest name, when there is none.
    """
    if name not in RECIPES:
        raise UserError(f"no recipe {name!r}{_nearest(name, RECIPES)}")
    few = multipliers is not None and multipliers <= _FEW_MULTIPLIERS
    if name == DIGITS_SHALLOW.name and (few or (r is not None and len(r) == 1)):
        return DIGITS_SHALLOW
    return RECIPES[name]


def settings() -> dict[str, tuple[Any, About]]:
    """The type and meaning of every field that can be set."""
    hints = get_type_hints(Recipe, include_extras=True)
    return {each.name: get_args(hints[each.name]) for each in fields(Recipe) if each.name != "name"}


def override(recipe: Recipe, assignments: Sequence[str]) -> Recipe:
    """The recipe with some fields changed.

    Parameters
    ----------
    recipe : Recipe
    assignments : sequence of str
        Each NAME=VALUE; values of a tuple are separated by commas.

    Raises
    ------
    UserError
        When a field does not exist, with the nearest name, or a value does not fit it.
    """
    known = settings()
    changes = {}
    for assignment in assignments:
        name, equals, text = (part.strip() for part in assignment.partition("="))
        if not equals:
            raise UserError(f"{assignment!r} sets nothing: write NAME=VALUE")
        if name not in known:
            raise UserError(f"recipes have no field {name!r}{_nearest(name, known)}")
        changes[name] = _parsed(name, text, known[name][0])
    return replace(recipe, **changes)


def _parsed(name: str, text: str, kind: Any) -> Any:
    if isinstance(kind, types.GenericAlias):
        parts = [part.strip() for part in text.split(",")] if text else []
        return tuple(_parsed(name, part, get_args(kind)[0]) for part in parts)
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise UserError(f"recipe field {name}: no {text!r}{_nearest(text, get_args(kind))}")
        return text
    try:
        return kind(text)
    except ValueError as error:
        what = "an integer" if kind is int else "a number"
        raise UserError(f"recipe field {name}: {text!r} is not {what}") from error


def _nearest(name: str, known: Sequence[str] | dict[str, Any]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f": did you mean {close[0]}?" if close else f": there are {', '.join(known)}"


def _interval(about: About) -> str:
    return (
        f"{about.low:g} or more" if math.isinf(about.high) else f"{about.low:g} to {about.high:g}"
    )


DIGITS = Recipe(
    name="digits",
    wc=("learned", "identity"),
    input_bits=3,
    # Only a fixed threshold lets the penalty decide how many entries stay.
    quantizer="fixed",
    wb_threshold=(0.5,),
    wc_threshold=(0.5,),
    wb_sparsity=(0.06, 0.03),
    wc_sparsity=(0.3, 0.0),
    a_bits=3,
    a_digits=2,
    bias_places=0,
    activation_bits=3,
    activation_fraction=2,
    full_epochs=120,
    ternary_epochs=800,
    frozen_epochs=100,
    # Strong distortions cost so small a network more than they teach it.
    degrees=3.0,
    pixels=0.25,
    zoom=0.03,
    noise=0.06,
    distillation=0.5,
    temperature=1.0,
    teachers=1,
    teacher_epochs=100,
)
"""scikit-learn's 1,797 digits of 8 by 8 pixels, 0 to 16: nothing to download."""

DIGITS_SHALLOW = Recipe(
    name="digits",
    hidden=(),
    r=(8,),
    outputs_per_class=8,
    wb_threshold=(0.7,),
    wc_threshold=(0.7,),
    a_digits=6,
    bias_places=3,
    full_epochs=130,
    ternary_epochs=1200,
    frozen_epochs=200,
    ternary_rate=0.02,
    degrees=3.0,
    pixels=0.25,
    zoom=0.03,
    noise=0.125,
    distillation=0.5,
    temperature=1.0,
    teachers=1,
    teacher_epochs=100,
)
"""The digits without hidden layer: a few products go further in one layer than split over two."""

_FEW_MULTIPLIERS = 20
"""Up to here digits has no hidden layer."""

MNIST = Recipe(
    name="mnist",
    hidden=(192,),
    r=(192, 10),
    wc=("identity", "identity"),
    input_bits=4,
    quantizer="fixed",
    wb_threshold=(0.5,),
    wb_sparsity=(8.0, 0.0),
    a_digits=6,
    activation_fraction=2,
    batch=256,
    full_epochs=8,
    ternary_epochs=22,
    frozen_epochs=4,
    degrees=6.0,
    pixels=0.7,
    zoom=0.05,
    copies=4,
    teachers=1,
    teacher_width=512,
    teacher_epochs=10,
)
"""MNIST, 28 by 28 pixels."""

RECIPES = {recipe.name: recipe for recipe in (DIGITS, MNIST)}
