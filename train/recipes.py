"""The recipes."""

from collections.abc import Sequence

from mulbudget.spn import UserError
from mulbudget.train.recipe import DenseRecipe, ImageRecipe, Recipe
from mulbudget.train.settings import nearest

DIGITS = DenseRecipe(
    name="digits",
    dataset="digits",
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

DIGITS_SHALLOW = DenseRecipe(
    name="digits",
    dataset="digits",
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

MNIST = DenseRecipe(
    name="mnist",
    dataset="mnist",
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

MNIST_CNN = ImageRecipe(
    name="mnist-cnn",
    dataset="mnist",
    channels=(16, 32, 32),
    # 0.5 % of the multiplications of the same network in full precision.
    r=(0.5, 0.625, 1.0, 1.0),
    input_bits=4,
    quantizer="fixed",
    a_digits=6,
    bias_places=0,
    activation_bits=3,
    full_epochs=2,
    ternary_epochs=24,
    frozen_epochs=3,
    degrees=6.0,
    pixels=0.7,
    zoom=0.06,
    copies=4,
    distillation=0.5,
    teachers=1,
    teacher_epochs=8,
    teacher_rate=0.005,
    teacher_smoothing=0.0,
    threads=2,
)
"""MNIST by three convolutions and a linear layer."""

CIFAR10_SMALL = ImageRecipe(
    name="cifar10-small",
    dataset="cifar10",
    channels=(24, 48, 64),
    # Two or three ternary terms for the weights of each output; the second layer has most outputs.
    r=(3.0, 2.125, 3.0, 3.0, 4.0),
    start="weights",
    input_bits=6,
    quantizer="fixed",
    # Further terms have smaller factors.
    a_bits=8,
    a_digits=8,
    bias_places=0,
    activation_bits=6,
    full_epochs=0,
    # Steps with free matrices lose what the weights begin with.
    ternary_epochs=0,
    frozen_epochs=4,
    frozen_rate=0.001,
    degrees=0.0,
    pixels=0.0,
    zoom=0.0,
    crop=3,
    mirror=0.5,
    copies=4,
    distillation=1.0,
    teachers=1,
    teacher_epochs=23,
    teacher_rate=0.005,
    teacher_smoothing=0.0,
    threads=2,
)
"""CIFAR-10 by a network for two CPU cores, which starts from the weights of its teacher."""

CIFAR10_RESNET20 = ImageRecipe(
    name="cifar10-resnet20",
    dataset="cifar10",
    channels=(16, 32, 64),
    input_bits=8,
    quantizer="fixed",
    a_bits=8,
    a_digits=8,
    activation_bits=8,
    optimizer="sgd",
    weight_decay=1e-4,
    schedule="steps",
    full_epochs=250,
    full_rate=0.1,
    full_drops=(0.6, 0.8),
    ternary_epochs=40,
    ternary_rate=0.01,
    ternary_drops=(0.25, 0.5, 0.75),
    ternary_ramp=0.0,
    frozen_epochs=10,
    frozen_rate=0.001,
    degrees=0.0,
    pixels=0.0,
    zoom=0.0,
    crop=4,
    mirror=0.5,
    copies=0,
    distillation=0.0,
    temperature=1.0,
    teachers=1,
    teacher_epochs=250,
    teacher_rate=0.1,
    teacher_smoothing=0.0,
    threads=2,
)
"""ResNet-20 as the authors of StrassenNets train it; for a GPU."""

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe for recipe in (DIGITS, MNIST, MNIST_CNN, CIFAR10_SMALL, CIFAR10_RESNET20)
}


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
        raise UserError(f"no recipe {name!r}{nearest(name, RECIPES)}")
    few = multipliers is not None and multipliers <= _FEW_MULTIPLIERS
    if name == DIGITS_SHALLOW.name and (few or (r is not None and len(r) == 1)):
        return DIGITS_SHALLOW
    return RECIPES[name]
