"""Styles as users write them."""

import pytest

from mulbudget.hw.plan import make_plan
from mulbudget.hw.styles import Parallel, Serial, parse, styles_of
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
    ],
)
def test_a_style_is_a_name_and_perhaps_a_number(text: str, style: Parallel | Serial) -> None:
    assert parse(text) == style


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fast", "there is no style 'fast': choose from parallel, serial"),
        ("", "there is no style ''"),
        ("parallel:2", "has a number, and parallel takes none"),
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
