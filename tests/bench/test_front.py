"""The honest front: what it measures, keeps and draws."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from bench import dense, front, peers, quantized
from bench.area import LEVELS, area_of_argmax, area_of_network, packed
from bench.course import Course, held_out
from bench.front_picture import picture
from bench.front_settings import SERIES, SETTINGS
from bench.luts import synthesise
from bench.pareto import Point
from mulbudget.hw.accelerator import Accelerator
from mulbudget.hw.families import find_family
from mulbudget.hw.plan import make_plan
from mulbudget.hw.verilog import convert
from mulbudget.sim import tools
from mulbudget.spn import Network, Node, Range, SumProduct, Tensor
from mulbudget.train.data import load
from mulbudget.train.recipes import DIGITS
from mulbudget.train.settings import override
from tests.train.conftest import TINY

needs_da4ml = pytest.mark.skipif(
    "da4ml" not in peers.installed(), reason="da4ml is not installed: pip install -e '.[peers]'"
)
needs_both = pytest.mark.skipif(bool(front.missing()), reason=front.missing())


def small(a: int = 5) -> Network:
    """Three outputs of four inputs."""
    wb = np.array([[1, 1, 0, -1], [0, 1, 1, 1], [1, 0, -1, 0]], np.int8)
    layer = SumProduct(wb, np.array([a, 3, 1]), np.eye(3, dtype=np.int8), np.array([7, -2, 0]), 0)
    return Network("little", Tensor((4,), 0, Range.uniform(0, 15, 4)), [Node("layer1", layer, "x")])


@pytest.fixture(scope="module")
def course() -> Course:
    return Course.begin(override(DIGITS, TINY), 0)


def test_packed_cells_are_those_of_place_and_route(tmp_path: Path) -> None:
    network = small()
    plan = make_plan(network, family="ecp5", dsp=0)
    source = tmp_path / "top.v"
    source.write_text(convert(Accelerator(network, plan), "top"))
    area = packed([source], tmp_path)
    cost = synthesise([source], find_family("ecp5"), tmp_path)
    assert (area.ff, area.dsp) == (cost.flip_flops, 0)
    assert area.lut > cost.luts  # carry chains have a start
    tools.find("nextpnr-ecp5").run(
        *("--85k", "--json", "top.json", "--out-of-context", "--report", "routed.json"),
        folder=tmp_path,
    )
    routed = json.loads((tmp_path / "routed.json").read_text())["utilization"]
    assert routed["TRELLIS_COMB"]["used"] == area.lut
    assert routed["TRELLIS_FF"]["used"] == area.ff


def test_products_are_multipliers_or_logic_as_is_asked() -> None:
    every, none = area_of_network(small(), dsp=None), area_of_network(small(), dsp=0)
    assert every.dsp == 3
    assert none.dsp == 0
    assert none.lut > 0


def test_everything_that_learns_leaves_the_held_out_part_and_the_test_set_alone() -> None:
    data = load("digits", seed=3, input_bits=3)
    rest, x, y = held_out(data, 3)
    assert (len(rest.x_train), len(x)) == (1149, 288)
    whole = sorted(map(bytes, data.x_train))
    assert sorted([*map(bytes, rest.x_train), *map(bytes, x)]) == whole
    assert np.array_equal(rest.x_test, data.x_test)
    assert min(np.bincount(y)) >= 27  # every class alike


def test_a_network_learns_in_all_phases_and_begins_without_weights_of_dark_pixels(
    course: Course,
) -> None:
    network = course.learn(["hidden=5", "r=5,10", "wc=identity"])
    layer = network.nodes[0].operator
    assert isinstance(layer, SumProduct)
    dark = ~course.data.x_train.any(axis=0)
    assert dark.any()
    assert not layer.wb[:, dark].any()
    assert network.run(course.x_validation.astype(np.int64)).shape == (288, 1)


def layers(rng: np.random.Generator) -> list[peers.DenseLayer]:
    """Random layers with biases, a shift that rounds, and both ends of the clamp in use."""
    first = peers.DenseLayer(
        rng.integers(-7, 8, (6, 12)), rng.integers(-40, 40, 6), shift=3, most=7
    )
    return [first, peers.DenseLayer(rng.integers(-7, 8, (4, 6)), rng.integers(-9, 9, 4), 0, None)]


@needs_da4ml
def test_da4ml_compiles_the_integers_that_are_measured() -> None:
    rng = np.random.default_rng(5)
    made, x = layers(rng), rng.integers(0, 16, (500, 12))
    hidden = made[0].run(x)
    assert (hidden.min(), hidden.max()) == (0, 7)
    logic = peers.trace_dense(made, 15)
    expected = dense.logits(made, x)
    assert np.array_equal(logic.predict(x.astype(np.float64)), expected)
    low, high = map(np.array, peers.ends(logic))
    assert (low <= expected).all()
    assert (expected <= high).all()


@needs_da4ml
def test_the_area_of_a_peer_has_its_argmax(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    made, x = layers(rng), rng.integers(0, 16, (50, 12))
    logic = peers.trace_dense(made, 15)
    alone = packed(peers.write(logic, LEVELS, tmp_path), tmp_path)
    low, high = peers.ends(logic)
    largest = area_of_argmax(Range(tuple(low), tuple(high)))
    assert largest.lut > 0
    assert front.area_of_dense(made, 15, x) == alone + largest


@needs_da4ml
def test_logic_of_other_integers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    made, x = layers(rng), rng.integers(0, 16, (50, 12))
    monkeypatch.setattr(peers, "trace_dense", peers.trace_dense)
    other = peers.trace_dense(layers(np.random.default_rng(6)), 15)
    monkeypatch.setattr(peers, "trace_dense", lambda *_: other)
    with pytest.raises(RuntimeError, match="another network"):
        front.area_of_dense(made, 15, x)


@needs_both
@pytest.mark.parametrize("zeros", [0.0, 0.75])
def test_a_dense_network_has_the_bits_and_the_zeros_that_it_says(
    course: Course, zeros: float
) -> None:
    first, last = dense.learn(course, dense.Dense(hidden=6, weight_bits=4, zeros=zeros))
    for layer in (first, last):
        # An output's weights are integers of 4 bits, times one power of two.
        least = np.gcd.reduce(layer.weights, axis=1, keepdims=True)
        powers = least & -least
        assert np.abs(layer.weights // np.maximum(powers, 1)).max() <= 7
    assert (first.weights == 0).mean() >= zeros - 0.5 / first.weights.size
    assert (last.weights == 0).mean() >= zeros / 2 - 0.5 / last.weights.size  # rounded
    assert first.most == (1 << course.recipe.activation_bits) - 1


@needs_both
def test_integers_are_those_of_brevitas_up_to_the_rounding_of_biases(course: Course) -> None:
    torch.manual_seed(0)
    model = quantized.FixedPoint((64, 6, 10), 4, 3)
    x = torch.as_tensor(course.data.x_train[:200]).float()
    fraction = course.data.input.fraction
    for _ in range(3):
        model(x * 2.0**-fraction)
    with torch.no_grad():
        for linear in model.linears:
            linear.bias.copy_(linear.bias.mul(2).round().div(2))
    made = dense.integers(model, fraction, 3)
    expected = model.eval()(x * 2.0**-fraction).detach().numpy()
    got = dense.logits(made, x.numpy().astype(np.int64))
    scale = np.median(got[expected != 0] / expected[expected != 0])
    assert np.log2(scale) == pytest.approx(round(np.log2(scale)), abs=1e-6)
    # Brevitas rounds halves to even numbers, and hardware upwards.
    alike = np.isclose(got / scale, expected, atol=1e-4).all(axis=1)
    assert alike.mean() > 0.9


def row(seed: int, lut: int, test: float, setting: str = "a") -> front.Result:
    return {
        "dataset": "digits",
        "series": SERIES[0],
        "setting": setting,
        "seed": seed,
        "validation": test,
        "test": test,
        "lut": lut,
        "ff": 2 * lut,
        "dsp": 0,
    }


def test_a_setting_is_the_mean_over_its_seeds() -> None:
    found = front.points([row(0, 100, 0.5), row(1, 300, 0.75), row(0, 50, 0.25, "b")])
    assert [(each.setting, each.area, each.test) for each in found] == [
        ("a", 200, 0.625),
        ("b", 50, 0.25),
    ]


def test_what_is_kept_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "KEPT", tmp_path / "front.json")
    monkeypatch.setattr(front, "COME", tmp_path / "come")
    setting = SETTINGS["digits"][0]
    known = row(0, 100, 0.5, setting.name) | {"series": setting.series}
    front.KEPT.write_text(json.dumps([known]))
    front.make("digits", setting, 0, None)
    assert front.results() == [known]
    assert not front.COME.exists()


def test_what_has_come_counts_until_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "KEPT", tmp_path / "front.json")
    monkeypatch.setattr(front, "COME", tmp_path)
    (tmp_path / "come.json").write_text(json.dumps(row(0, 100, 0.5)))
    assert front.results() == [row(0, 100, 0.5)]


def test_settings_have_names_of_their_own_and_fields_that_recipes_have() -> None:
    for settings in SETTINGS.values():
        keys = [(each.series, each.name) for each in settings]
        assert len(set(keys)) == len(keys)
        assert {each.series for each in settings} <= set(SERIES)
    for each in SETTINGS["digits"]:
        if not isinstance(each.change, dense.Dense):
            override(DIGITS, each.change)


def test_the_same_points_make_the_same_picture() -> None:
    points = [
        Point(series=SERIES[each % 2], setting=f"{each}", area=100 + each, validation=0.9, test=0.9)
        for each in range(4)
    ]
    lines = {series: [each for each in points if each.series == series] for series in SERIES[:2]}
    first = picture("digits", points, lines, 0.5)
    assert first == picture("digits", points, lines, 0.5)
    assert first.startswith(b"<?xml")
