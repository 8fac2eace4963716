"""What a recipe says: everything that decides what a training run learns, apart from its seed."""

import math
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_type_hints

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
    """A training run's settings, those that every kind of network has.

    The text of each field stands with it; one with a value for each layer also takes one value for
    all of them.

    Raises
    ------
    UserError
        Naming the field, when a value is out of its range or values are missing.
    """

    name: str
    """Of the recipe, and in it of the data set and the network."""

    dataset: str
    """What it learns."""

    input_bits: Annotated[int, About("Bits of a pixel: the lower ones are dropped.", 1, 8)] = 5

    quantizer: Annotated[
        Literal["fixed", "scaled"],
        About("Threshold of the ternary entries: fixed, or relative to the mean magnitude."),
    ] = "scaled"
    a_bits: Annotated[int, About("Bits of the largest multiplicand of a layer.", 1, _BITS)] = 6
    a_digits: Annotated[
        int,
        About("Signed digits of a multiplicand at most: its adders as shift-and-add, plus 1.", 1),
    ] = 3
    bias_places: Annotated[
        int, About("Binary places of a bias below the unit of what the layer gives.", 0, _BITS)
    ] = 1

    batch: Annotated[int, About("Samples a step, of all processes together.", 2)] = 128
    accumulation: Annotated[
        int, About("Parts of a batch that go through the network one by one: saves memory.", 1)
    ] = 1
    compute: Annotated[
        Literal["float32", "bf16"],
        About("Of the products while training; the last phase always has float32."),
    ] = "float32"
    optimizer: Annotated[Literal["adam", "sgd"], About("sgd has a momentum of 0.9.")] = "adam"
    weight_decay: Annotated[float, About("Of the optimizer.", 0)] = 0.0
    schedule: Annotated[
        Literal["cosine", "steps"],
        About("How rates fall: to 0, or tenfold at each of the shares that *_drops say."),
    ] = "cosine"
    full_epochs: Annotated[int, About("Epochs with Wb and Wc in full precision.", 0, _MANY)] = 200
    ternary_epochs: Annotated[int, About("Epochs with ternary Wb and Wc.", 0, _MANY)] = 500
    frozen_epochs: Annotated[
        int, About("Epochs with Wb and Wc fixed, and integer a and bias.", 0, _MANY)
    ] = 150
    full_rate: Annotated[float, About("First learning rate of each phase.", 0)] = 0.01
    ternary_rate: Annotated[float, About("The same, ternary phase.", 0)] = 0.01
    frozen_rate: Annotated[float, About("The same, last phase.", 0)] = 0.002
    full_drops: Annotated[
        tuple[float, ...],
        About("Shares of the phase, and of a teacher's epochs, at which steps fall.", 0, 1),
    ] = ()
    ternary_drops: Annotated[tuple[float, ...], About("The same, ternary phase.", 0, 1)] = ()
    frozen_drops: Annotated[tuple[float, ...], About("The same, last phase.", 0, 1)] = ()
    ternary_ramp: Annotated[
        float, About("Share of the ternary phase over which the entries become ternary.", 0, 1)
    ] = 0.6

    degrees: Annotated[float, About("Random rotation of the images, standard deviation.", 0)] = 8.0
    pixels: Annotated[float, About("Random shift along each axis, standard deviation.", 0)] = 0.6
    zoom: Annotated[float, About("Random logarithm of the scale, standard deviation.", 0)] = 0.08
    crop: Annotated[
        int, About("Random shift along each axis by whole pixels, at most so many.", 0, 1000)
    ] = 0
    mirror: Annotated[float, About("Share of the images that are mirrored.", 0, 1)] = 0.0
    noise: Annotated[
        float, About("Random noise of a pixel, standard deviation; the largest pixel is 1.", 0)
    ] = 0.0
    copies: Annotated[
        int,
        About(
            "Distorted copies of the training set, one an epoch; 0 distorts anew in each step.",
            0,
            1000,
        ),
    ] = 60

    distillation: Annotated[
        float, About("Share of the teachers in the loss; 0 trains without them.", 0, 1)
    ] = 0.7
    teaching: Annotated[
        Literal["soft", "confidence", "permuted"],
        About(
            "What they teach: their probabilities, how much each sample weighs, or probabilities "
            "with all but the largest permuted."
        ),
    ] = "soft"
    temperature: Annotated[float, About("Of soft teaching.", 0.01)] = 2.0
    generations: Annotated[
        int, About("Networks one after the other, each the teacher of the next.", 1, 100)
    ] = 1
    teachers: Annotated[int, About("Networks in the full-precision ensemble.", 1, 100)] = 2
    teacher_epochs: Annotated[int, About("Epochs of each.", 0, _MANY)] = 150
    teacher_rate: Annotated[float, About("First learning rate of each.", 0)] = 0.003
    teacher_smoothing: Annotated[float, About("Label smoothing.", 0, 1)] = 0.05

    threads: Annotated[
        int, About("Of PyTorch on the CPU; the last bits of a sum depend on it.", 1, 256)
    ] = 1

    def __post_init__(self) -> None:
        for name, (_, about) in settings(type(self)).items():
            value = getattr(self, name)
            for each in value if isinstance(value, tuple) else (value,):
                if not isinstance(each, str) and not about.low <= each <= about.high:
                    raise UserError(f"recipe field {name} is {each}, not {_interval(about)}")


@dataclass(frozen=True, kw_only=True)
class DenseRecipe(Recipe):
    """A recipe for layers of units, one behind the other, on flat images."""

    hidden: Annotated[
        tuple[int, ...],
        About("Units of each hidden layer; a layer with wc=identity has as many as products.", 1),
    ] = (32,)
    r: Annotated[
        tuple[int, ...],
        About("Products of each layer; a budget is split in these proportions.", 1),
    ] = (18, 10)
    wc: Annotated[
        tuple[Literal["learned", "identity", "terms"], ...],
        About(
            "Wc of each layer; identity has no output adders, and terms sums as many products of "
            "its own for each output.",
            per_layer=True,
        ),
    ] = ("learned",)
    outputs_per_class: Annotated[
        int,
        About(
            "A power of two; the class of the largest output wins. More help few products.", 1, 64
        ),
    ] = 1
    wb_threshold: Annotated[
        tuple[float, ...],
        About("Factor of the threshold for Wb of each layer.", 0, per_layer=True),
    ] = (1.2, 1.0)
    wc_threshold: Annotated[
        tuple[float, ...], About("The same for Wc: larger is sparser.", 0, per_layer=True)
    ] = (1.0,)
    activation_bits: Annotated[int, About("Bits of a hidden unit.", 1, _BITS)] = 4
    activation_fraction: Annotated[int, About("Binary places of a hidden unit.", 0, _BITS)] = 1
    wb_sparsity: Annotated[
        tuple[float, ...],
        About(
            "Weight of the penalty on the mean magnitude of Wb of each layer.", 0, per_layer=True
        ),
    ] = (0.0,)
    wc_sparsity: Annotated[tuple[float, ...], About("The same, Wc.", 0, per_layer=True)] = (0.0,)
    teacher_width: Annotated[int, About("Units of a teacher's two hidden layers.", 1)] = 256
    teacher_dropout: Annotated[float, About("Hidden units that a step leaves out.", 0, 0.95)] = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, (_, about) in settings(type(self)).items():
            if about.per_layer:
                self.of_layers(name)
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
    def layers(self) -> int:
        """How many sum-product layers."""
        return len(self.hidden) + 1

    def of_layers(self, name: str) -> tuple[Any, ...]:
        """The values of a field that has one for each layer."""
        return each_layer(name, getattr(self, name), self.layers)

    def outputs(self, classes: int) -> int:
        """Of the last layer: the first class has only half, because Requantize rounds."""
        return classes * self.outputs_per_class - self.outputs_per_class // 2


@dataclass(frozen=True, kw_only=True)
class ImageRecipe(Recipe):
    """A recipe for a convolutional network, which `strassenify` makes of a full-precision one."""

    channels: Annotated[
        tuple[int, ...], About("Channels of each stage; each recipe has as many as it names.", 1)
    ]
    r: Annotated[
        tuple[float, ...],
        About("Products of each layer, as a multiple of its outputs.", 0, per_layer=True),
    ] = (1.0,)
    p: Annotated[
        tuple[int, ...],
        About("Outputs along each axis that share their products.", 1, per_layer=True),
    ] = (1,)
    g: Annotated[tuple[int, ...], About("Groups in Wb of each layer.", 1, per_layer=True)] = (1,)
    start: Annotated[
        Literal["random", "weights"],
        About("Initial weights: random, or the first teacher's where each output has a product."),
    ] = "random"
    wb_threshold: Annotated[float, About("Factor of the threshold for Wb.", 0)] = 0.5
    wc_threshold: Annotated[float, About("The same for Wc: larger is sparser.", 0)] = 0.5
    activation_bits: Annotated[int, About("Bits of what a ReLU gives.", 2, 8)] = 4
    wb_sparsity: Annotated[
        float, About("Weight of the penalty on the mean magnitude of each Wb.", 0)
    ] = 0.0
    wc_sparsity: Annotated[float, About("The same, Wc.", 0)] = 0.0


def each_layer(name: str, values: tuple[Any, ...], layers: int) -> tuple[Any, ...]:
    """The values of a recipe's field for each layer, where one stands for all.

    Raises
    ------
    UserError
        When some are missing.
    """
    if len(values) not in (1, layers):
        raise UserError(
            f"recipe field {name} has {len(values)} values for {layers} layers: give {layers}, or "
            "one for all"
        )
    return values * layers if len(values) == 1 else values


def settings(kind: type[Recipe]) -> dict[str, tuple[Any, About]]:
    """The type and meaning of every field of a kind of recipe that can be set."""
    hints = get_type_hints(kind, include_extras=True)
    fixed = ("name", "dataset")
    return {
        each.name: get_args(hints[each.name]) for each in fields(kind) if each.name not in fixed
    }


def _interval(about: About) -> str:
    return (
        f"{about.low:g} or more" if math.isinf(about.high) else f"{about.low:g} to {about.high:g}"
    )
