"""From any model to sum-product layers: what becomes of it, and what is refused."""

import operator
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from mulbudget.spn import UserError
from mulbudget.spn.names import check_name
from mulbudget.train.convolutions import SPNConv1d, SPNConv2d
from mulbudget.train.counting import multiplications
from mulbudget.train.dense import DenseLayer
from mulbudget.train.identifiers import Identifiers
from mulbudget.train.images import AveragePool
from mulbudget.train.layers import SPNLinear
from mulbudget.train.strassenify import strassenify
from tests.models import SHAPES, Branches, Residual, Separable, Series

torch.set_num_threads(1)  # the models are tiny: several threads only wait for each other


def example(kind: type[nn.Module], count: int = 4) -> Tensor:
    return torch.randn(count, *SHAPES[kind], generator=torch.Generator().manual_seed(0))


def test_layers_become_sum_product_layers_and_the_model_stays() -> None:
    model = Residual()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    made = strassenify(model, example(Residual), r=2.0, p=2)
    assert [type(layer) for layer in made.spn_layers()] == [SPNConv2d] * 6 + [SPNLinear]
    assert [layer.r for layer in made.spn_layers()] == [12, 12, 12, 16, 16, 16, 6]
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not any(isinstance(each, nn.Conv2d | nn.Linear) for each in made.modules())
    assert made(example(Residual)).shape == (4, 3)


def test_the_same_generator_gives_the_same_network() -> None:
    models = [
        strassenify(Series(), example(Series), generator=torch.Generator().manual_seed(3))
        for _ in range(2)
    ]
    first, second = (model.state_dict() for model in models)
    assert all(torch.equal(first[name], second[name]) for name in first if "errors" not in name)


def test_one_axis_and_two() -> None:
    made = strassenify(Series(), example(Series))
    assert [type(layer) for layer in made.spn_layers()] == [SPNConv1d] * 2 + [SPNLinear] * 2


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize(("r", "p"), [(1.0, 1), (2.5, 1), (4.0, 2)])
def test_in_full_precision_it_starts_as_the_model(kind: type[nn.Module], r: float, p: int) -> None:
    model, x = kind(), example(kind, 64)
    for _ in range(20):  # batch norm of the model has seen data
        model(x)
    made = strassenify(model.eval(), x, r=r, p=p, start="weights")
    layers = [part for part in made.parts.values() if isinstance(part, AveragePool)]
    for part in layers:  # not the rounded one
        part.a = 2**part.places / part.geometry.entries  # type: ignore[assignment]
    made.eval()
    assert torch.allclose(made(x), model(x), atol=1e-3)


def test_products_by_name() -> None:
    r = {"conv1": 6, "conv2": 0.5, "hidden": 3, "last": 2.0}
    made = strassenify(Series(), example(Series), r=r)
    assert [layer.r for layer in made.spn_layers()] == [6, 2, 3, 4]


def test_groups_of_wb_leave_those_of_wc_alone() -> None:
    made = strassenify(Residual(), example(Residual), g={"one.conv1": 3})
    layers = {step.origin: made.parts[step.name] for step in made.steps}
    grouped, depthwise = layers["one.conv1"], strassenify(Separable(), example(Separable), g=2)
    assert isinstance(grouped, SPNConv2d)
    assert (grouped.groups, grouped.wc_groups, grouped.wb.shape) == (3, 1, (6, 2, 3, 3))
    convolution = depthwise.spn_layers()[1]
    assert isinstance(convolution, SPNConv2d)
    assert (convolution.groups, convolution.wc_groups, convolution.wc.shape) == (4, 4, (4, 1))


@pytest.mark.parametrize("budget", [400, 1000, 5000, 20_000])
def test_a_budget_is_kept_and_used(budget: int) -> None:
    made = strassenify(Residual(), example(Residual), budget=budget, skip=("output",))
    used = sum(each.built for each in multiplications(made))
    assert 0.6 * budget < used <= budget
    ratios = [each.built / each.dense for each in multiplications(made) if each.dense]
    assert ratios


def test_skipped_layers_keep_their_weights() -> None:
    model = Residual().eval()
    made = strassenify(model, example(Residual), skip=("two.down", "output"))
    dense = [part for part in made.parts.values() if isinstance(part, DenseLayer)]
    assert [part.r for part in dense] == [6 * 8, 8 * 3]
    assert torch.equal(dense[1].a, model.output.weight)


def test_the_phase_and_the_share_are_those_of_every_layer() -> None:
    made = strassenify(Series(), example(Series))
    made.enter("ternary")
    made.ternary_share = 0.25
    assert {layer.phase for layer in made.spn_layers()} == {"ternary"}
    assert {layer.ternary_share for layer in made.spn_layers()} == {0.25}
    assert made.ternary_share == 0.25
    assert made.densities().shape == (4, 2)
    with torch.no_grad():
        made.spn_layers()[0].wb.fill_(3.0)
    made.settle()
    assert bool((made.spn_layers()[0].wb == 1).all())


def test_calibrating_takes_means_and_variances_of_all_batches() -> None:
    made = strassenify(Branches(), example(Branches))
    batches = example(Branches, 64).split(16)
    made.eval().calibrate(batches)
    assert not made.training
    layer = made.spn_layers()[0]
    u = functional.conv2d(torch.cat(batches), layer.wb, padding=1)
    mean = layer.norm.get_buffer("running_mean")
    assert torch.allclose(mean, u.mean((0, 2, 3)), atol=1e-4)
    assert layer.norm.momentum == 0.1
    first = {key: value.clone() for key, value in made.state_dict().items() if "norm" in key}
    made.calibrate(batches)  # dropout does not count, so it is the same again
    assert all(torch.allclose(made.state_dict()[key], value) for key, value in first.items())


def test_a_shared_activation_has_a_scale_for_each_use() -> None:
    made = strassenify(Residual(), example(Residual))
    names = [step.name for step in made.steps if step.origin == "one.relu"]
    assert names == ["one_relu", "one_relu_2"]
    assert made.parts[names[0]] is not made.parts[names[1]]


class Computes(nn.Module):
    """A convolution, then `function` of its result and of the input."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1)
        self.function = function
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.conv(x), x)


SAME = [
    lambda y, _: functional.relu(y),
    lambda y, _: torch.relu(y),
    lambda y, _: y.relu_(),
    lambda y, x: operator.iadd(y, x),
    lambda y, x: torch.add(y, other=x),
    lambda y, x: y.add(x),
    lambda y, x: torch.cat([y, x, y], dim=-3),
    lambda y, x: torch.concat((y, x), 1),
    lambda y, _: y.mean((2, 3)),
    lambda y, _: torch.mean(y, dim=[-1, -2], keepdim=True),
    lambda y, _: functional.avg_pool2d(y, 2, stride=1, padding=1),
    lambda y, _: functional.max_pool2d(y, (2, 1)),
    lambda y, _: functional.adaptive_avg_pool2d(y, (1, 2)),
    lambda y, _: y.view(y.shape[0], -1),
    lambda y, _: y.reshape(-1, 2 * 16),
    lambda y, _: functional.adaptive_avg_pool2d(y, 1).squeeze(-1).squeeze(-1),
    lambda y, _: y.flatten(1),
    lambda y, _: y.contiguous(),
    lambda y, _: functional.dropout(y, 0.5),
]


@pytest.mark.parametrize("function", SAME)
def test_each_operation_is_computed(function: Callable[[Tensor, Tensor], Tensor]) -> None:
    model, x = Computes(function).eval(), torch.randn(3, 2, 4, 4)
    made = strassenify(model, x, start="weights").eval()
    dropped = any("dropout" in step.name for step in made.steps)
    expected = model.conv(x) if dropped else model(x)
    assert made(x).shape == expected.shape
    assert torch.allclose(made(x), expected, atol=2e-3)


REFUSED = [
    (lambda y, _: torch.sigmoid(y), "sigmoid is sigmoid, which has no integer form: use nn.ReLU"),
    (lambda y, x: y * x, "mul is mul, which has no integer form: put the factor into a layer"),
    (lambda y, _: y + 1, "add adds what is no result of the model"),
    (lambda y, x: torch.add(y, x, alpha=2), "add: alpha is 2: use 1"),
    (lambda y, x: y + x[:, :1], r"getitem is getitem, which has no integer form"),
    (lambda y, x: y + functional.max_pool2d(x, (4, 1)), r"it adds \(2, 4, 4\) and \(2, 1, 4\)"),
    (lambda y, x: torch.cat((y, x), 2), "it joins along axis 2: use axis 1"),
    (lambda y, _: y.mean(1), "it is a mean over axes 1 of 4"),
    (lambda y, _: y.mean(), r"mean gives shape \(\) for 3 samples: keep the first axis"),
    (lambda y, _: y.view(-1, 16), r"view gives shape \(6, 16\) for 3 samples"),
    (lambda y, _: y.view(-1, 4, 2, 4), r"it makes \(4, 2, 4\) of \(2, 4, 4\): only flattening"),
    (lambda y, _: functional.adaptive_avg_pool2d(y, 3), r"does not make \(3, 3\) averages"),
    (lambda y, _: functional.max_pool2d(y, 2, dilation=2), "dilation is 2"),
    (lambda y, _: functional.max_pool2d(y, 3, ceil_mode=True), "ceil_mode is True"),
    (
        lambda y, _: functional.avg_pool2d(y, 3, padding=1, count_include_pad=False),
        "count_include_pad is False: use True",
    ),
    (lambda y, _: y if y.sum() > 0 else -y, "the model cannot be traced"),
    (lambda y, _: y.relu_() + y, "relu_ overwrites conv, which add uses afterwards"),
    (lambda y, x: (y, x), "the model gives more than one tensor"),
    (lambda _, x: x, "the model computes nothing"),
    (lambda _, x: x.relu(), "the model has no convolution and no linear layer"),
]


@pytest.mark.parametrize(("function", "sentence"), REFUSED)
def test_what_has_no_integer_form_is_refused(function: Callable, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        strassenify(Computes(function), torch.randn(3, 2, 4, 4))


def conv(*arguments: int, **options: object) -> nn.Conv2d:
    return nn.Conv2d(*arguments, **options)  # type: ignore[arg-type]


def shared() -> nn.Module:
    layer = conv(2, 2, 1)
    return nn.Sequential(layer, nn.ReLU(), layer)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (nn.Sequential(conv(2, 2, 1), nn.GELU()), "module 1 is a GELU, .* use nn.ReLU"),
        (nn.Sequential(conv(2, 2, 1), nn.GroupNorm(1, 2)), "module 1 is a GroupNorm, .* batch no"),
        (nn.Sequential(conv(2, 2, 1), nn.Softmax(1)), "module 1 is a Softmax, .* leave it out"),
        (nn.ConvTranspose2d(2, 2, 2), "ConvTranspose2d, .* use convolutions and linear layers"),
        (nn.Sequential(nn.BatchNorm2d(2), conv(2, 2, 1)), "module 0 is a batch norm that does not"),
        (
            nn.Sequential(conv(2, 2, 1), nn.ReLU(), nn.BatchNorm2d(2)),
            "module 2 is a batch norm that does not stand right behind",
        ),
        (shared(), "module 0 is used 2 times: give each use a layer of its own"),
        (nn.Sequential(conv(2, 2, 2, dilation=2)), r"0: dilation is \(2, 2\): use 1"),
        (nn.Sequential(conv(2, 2, 3, padding=1, padding_mode="reflect")), "0: padding_mode is"),
        (nn.Sequential(conv(2, 2, 2, padding="same")), "0: padding is 'same' for a kernel"),
        (nn.Sequential(conv(2, 2, 1), nn.Linear(4, 2)), r"1: it is given shape \(2, 4, 4\): flat"),
        (nn.Sequential(conv(3, 2, 1)), r"does not take an example of shape \(3, 2, 4, 4\)"),
        (nn.Bilinear(2, 2, 2), "the model takes 2 inputs"),
    ],
)
def test_modules_that_do_not_fit_are_named(model: nn.Module, sentence: str) -> None:
    wrapped = model if isinstance(model, nn.Sequential | nn.Bilinear) else nn.Sequential(model)
    with pytest.raises(UserError, match=sentence):
        strassenify(wrapped, torch.randn(3, 2, 4, 4))


def test_same_padding_and_valid_padding_are_numbers() -> None:
    model = nn.Sequential(conv(2, 2, 3, padding="same"), conv(2, 2, 3, padding="valid"))
    made = strassenify(model.eval(), torch.randn(3, 2, 4, 4), start="weights").eval()
    assert [step.shape for step in made.steps] == [(2, 4, 4), (2, 4, 4), (2, 2, 2)]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"r": 1.0, "budget": 9}, "r and budget exclude each other"),
        ({"start": "zero"}, "start is 'zero': use 'random' or 'weights'"),
        ({"r": 0}, "r is 0 for layer conv1: use 1 or more"),
        ({"r": 0.01}, "r = 0.01 times the 4 outputs of layer conv1 .* use 0.25 or more"),
        ({"r": float("nan")}, "r is nan for layer conv1"),
        ({"r": {"conv1": 3}}, "r says nothing of layer conv2"),
        ({"r": {"conv3": 3}}, "r names 'conv3', which is no layer of the model: use conv1, conv2"),
        ({"r": 3, "g": {"conv1": 2}}, "r is 3 for layer conv1, which has 2 groups: use a multiple"),
        ({"g": 3}, "conv1: 2 input channels do not make 3 groups"),
        ({"p": {"pool": 2}}, "p names 'pool', which is no layer"),
        ({"p": 0}, "conv1: patch is"),
        ({"skip": ("pool",)}, "skip names 'pool', which is no layer of the model"),
        ({"budget": 10}, r"a budget of 10 .* is too small: .* of 4 layers make 18"),
        ({"budget": 10, "skip": ("last",)}, r"of 3 layers and 12 of other parts make 29"),
        ({"activation_bits": 9}, "activations of 9 bits are not possible: use 2 to 8"),
    ],
)
def test_numbers_that_do_not_fit(options: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        strassenify(Series(), example(Series), **options)


def test_a_layer_of_too_many_weights_cannot_be_skipped() -> None:
    with torch.device("meta"), pytest.raises(UserError, match="0: its 1,000,000 weights as prod"):
        strassenify(nn.Sequential(nn.Linear(1000, 1000)), torch.empty(2, 1000), skip=("0",))


def test_names_become_identifiers() -> None:
    names = Identifiers()
    wanted = ["0", "a.b", "a_b", "output", "x", "argmax", "_", "values", "m" * 99, "m" * 99, "ä"]
    got = [names.new(name) for name in wanted]
    assert got[:8] == [
        *("layer_0", "a_b", "a_b_2", "output_2", "x_2", "argmax_2", "part", "values_2"),
    ]
    assert got[8:] == ["m" * 56, "m" * 56 + "_2", "part_2"]
    for name in got:
        check_name(name, "module")


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_found_where_they_come_in(bad: float) -> None:
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2))
    x = torch.rand(4, 2, 6, 6)
    with torch.no_grad():
        model[3].get_parameter("weight")[1, 5] = bad
    with pytest.raises(UserError, match="module 3 gives numbers that are not finite"):
        strassenify(model, x)
    x[2, 1, 3, 3] = bad
    with pytest.raises(UserError, match="the example has numbers that are not finite"):
        strassenify(model, x)
