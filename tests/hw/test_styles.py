"""Styles as users write them."""

import pytest

from mulbudget.hw.plan import make_plan
from mulbudget.hw.styles import Folded, Parallel, Serial, Style, parse, styles_of
from mulbudget.spn import UserError
from tests.networks import example

NETWORK = example()


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("parallel", Parallel()),
        ("serial", Serial()),
        ("serial:1", Serial(1)),
        ("serial:12", Serial(12)),
        ("folded", Folded()),
        ("folded:4", Folded(4)),
        ("folded:4:2", Folded(4, 2)),
    ],
)
def test_a_style_is_a_name_and_perhaps_numbers(text: str, style: Style) -> None:
    assert parse(text) == style


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fast", "there is no style 'fast': choose from parallel, serial, folded"),
        ("", "there is no style ''"),
        ("parallel:2", "has too many numbers: parallel takes none"),
        ("serial:2:2", "too many numbers: serial takes bits a digit"),
        ("folded:2:2:2", "too many numbers: folded takes inputs a clock and multipliers"),
        ("folded:0", "'0' inputs a clock: use 1 to 4096"),
        ("folded:1:x", "'x' multipliers"),
        ("serial:0", "'0' bits a digit: use 1 to 64"),
        ("serial:-1", "'-1' bits a digit"),
        ("serial:two", "'two' bits a digit"),
        ("serial:", "'' bits a digit"),
    ],
)
def test_another_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse(text)


def test_a_style_of_a_layer_goes_before_that_of_all() -> None:
    chosen = styles_of(NETWORK, ["fc2=parallel", "serial:2"])
    assert chosen == {"fc1": Serial(2), "fc2": Parallel()}
    assert styles_of(NETWORK, []) == {"fc1": Parallel(), "fc2": Parallel()}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["act1=serial"], "no sum-product layer 'act1': choose from fc1, fc2"),
        (["serial", "parallel"], "contradict each other: all layers can have one style"),
        (["fc1=serial", "fc1=serial:2"], "contradict each other: layer fc1 can have one style"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        styles_of(NETWORK, options)


def test_a_digit_longer_than_a_word_is_refused() -> None:
    with pytest.raises(UserError, match=r"layer fc1: a digit of 60 bits exceeds its words of \d+"):
        make_plan(NETWORK, styles={"fc1": Serial(60)})


def test_products_of_serial_layers_take_no_dsp_block() -> None:
    whole = make_plan(NETWORK)
    serial = make_plan(NETWORK, styles={"fc1": Serial(1)})
    assert serial.dsp == whole.dsp - whole.layers[0].datapath.figures["dsp"]


def test_multipliers_of_folded_layers_come_first_and_are_shared() -> None:
    folded = {"fc1": Folded(1, 2), "fc2": Folded(1, 1)}
    layers = make_plan(NETWORK, dsp=2, styles=folded).layers
    assert [layer.datapath.figures.get("dsp", 0) for layer in layers] == [2, 0, 0, 0]
    assert make_plan(NETWORK, styles=folded).dsp == 3
