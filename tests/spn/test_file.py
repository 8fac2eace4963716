"""The .spn file: round trip, the same bytes, and one sentence for every kind of damage."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.spn import Network, UserError, dumps, load, loads, save
from tests.networks import example, networks, samples

CONTENT = dumps(example())

Arrays = dict[str, np.ndarray]
Document = dict[str, Any]


def parts() -> tuple[Document, Arrays]:
    """The JSON description and the tensors of the example's file."""
    length = int.from_bytes(CONTENT[:8], "little")
    header = json.loads(CONTENT[8 : 8 + length])
    return json.loads(header["__metadata__"]["mulbudget"]), safetensors.numpy.load(CONTENT)


def container(text: str, arrays: Arrays) -> bytes:
    return safetensors.numpy.save(arrays, metadata={"mulbudget": text})


def raw(header: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header


@given(networks())
def test_a_file_gives_the_same_network_and_the_same_bytes(network: Network) -> None:
    content = dumps(network)
    again = loads(content)
    assert dumps(again) == content
    assert again.tensors == network.tensors
    x = samples(network, 20)
    assert np.array_equal(again.run(x), network.run(x))


def test_provenance_and_order_of_its_keys_do_not_change_the_bytes() -> None:
    first, second = (
        Network("net", example().input, example().nodes, provenance)
        for provenance in ({"recipe": "digits", "seed": 0}, {"seed": 0, "recipe": "digits"})
    )
    assert dumps(first) == dumps(second)
    assert loads(dumps(first)).provenance == {"recipe": "digits", "seed": 0}


def test_save_and_load(tmp_path: Path) -> None:
    save(example(), tmp_path / "network.spn")
    assert (tmp_path / "network.spn").read_bytes() == CONTENT
    assert load(str(tmp_path / "network.spn")).run([[1, 2, 3]]).tolist() == [[1]]


def test_load_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "network.spn"
    with pytest.raises(UserError, match=rf"cannot read {path}: No such file or directory"):
        load(path)
    with pytest.raises(UserError, match=rf"cannot read {tmp_path}: Is a directory"):
        load(tmp_path)
    path.write_bytes(CONTENT[:100])
    with pytest.raises(UserError, match=rf"{path}: this is no .spn file, or it is truncated"):
        load(path)


def test_a_truncated_file_is_refused() -> None:
    for length in range(len(CONTENT)):
        with pytest.raises(UserError, match="truncated"):
            loads(CONTENT[:length])


def test_a_flipped_bit_is_refused_or_gives_another_valid_network() -> None:
    for bit in range(8 * len(CONTENT)):
        damaged = bytearray(CONTENT)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            network = loads(bytes(damaged))
        except UserError:
            continue
        assert loads(dumps(network)).tensors == network.tensors
        x = samples(network, 3)
        assert network.output.range.contains(network.run(x)).all()


@given(st.binary(max_size=200))
def test_noise_is_refused(content: bytes) -> None:
    for each in (content, raw(content), CONTENT + content + b"\0"):
        with pytest.raises(UserError):
            loads(each)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", "onnx", "not valid: Invalid enum value 'onnx'"),
        ("version", 2, "it is of version 2, and this mulbudget reads version 1"),
        ("version", "1", "not valid: Expected `int`, got `str`"),
        ("name", "/etc/passwd", "network name '/etc/passwd' is not a letter followed by"),
        ("input.low.2", 8, "input: channel 2 has the empty range 8 to 7"),
        ("input.low.0", -(2**63), "input: channel 0 ranges from -9223372036854775808 to 7, beyond"),
        ("input.shape", [10**18], r"of shape \(1000000000000000000,\) does not go with ranges"),
        ("input.shape", [], r"of shape \(\) does not go with ranges"),
        ("input.fraction", 2**63 - 1, "input: fraction is 9223372036854775807, not -1000 to 1000"),
        ("input.fraction", 10**40, "input: fraction is 1000.*, not -1000 to 1000"),
        ("operators", [], "tensor '.*' belongs to no operator"),
        ("operators.fc1.fraction", 3, "operator fc1: its range does not close"),
        ("operators.act1.name", "act 1", "operator name 'act 1' is not a letter followed by"),
        ("operators.act1.input", "fc2", "operator act1: its input 'fc2' does not exist"),
        ("operators.act1.shift", -1, "operator act1: shift is -1, not 0 to 61"),
        ("operators.act1.shift", 1.5, "not valid: Expected `int`, got `float`"),
        ("operators.act1.high", 10**40, "operator act1: channel 0 ranges from .* beyond 62"),
        ("operators.act1.high", -1, "operator act1: channel 0 has the empty range 0 to -1"),
        ("operators.fc2.output.high.0", 61, "operator fc2: its range does not close"),
        ("operators.fc2.output.low", [0, 7, 0], "operator fc2: its range does not close"),
        ("operators.fc2.output", None, "not valid: Expected `object`, got `null`"),
        ("operators.argmax.name", "fc2", "operator fc2: the name is taken"),
        ("operators.argmax.output.shape", [2], "operator argmax: its range does not close"),
        ("operators.argmax.operator", "softmax", "not valid: Invalid value 'softmax'"),
        ("operators.argmax.axis", 1, "not valid: Object contains unknown field `axis`"),
    ],
)
def test_a_wrong_description_is_named(path: str, value: Any, message: str) -> None:
    document, arrays = parts()
    assert loads(container(json.dumps(document), arrays)).name == "example"
    *outer, last = path.split(".")
    part: Any = document
    for key in outer:
        part = part[key] if isinstance(part, dict) else named(part, key)
    part[int(last) if isinstance(part, list) else last] = value
    with pytest.raises(UserError, match=message):
        loads(container(json.dumps(document), arrays))


def named(operators: list[Document], name: str) -> Document:
    return next(each for each in operators if each["name"] == name)


def test_a_later_version_is_named_whatever_its_form() -> None:
    with pytest.raises(UserError, match="it is of version 2, and this mulbudget reads version 1"):
        loads(container('{"version":2,"layers":{}}', {}))


def with_entry(index: int | tuple[int, int], value: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        changed = array.copy()
        changed[index] = value
        return changed

    return change


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        ("fc1.wb", with_entry((1, 2), 2), r"operator fc1: wb\[1, 2\] is 2, not -1, 0 or 1"),
        ("fc2.wc", with_entry((0, 1), -128), r"operator fc2: wc\[0, 1\] is -128, not -1, 0 or 1"),
        ("fc1.wb", lambda wb: wb.astype(np.int64), "operator fc1: tensor 'fc1.wb' is int64, not"),
        ("fc1.a", lambda a: a.astype(float), "operator fc1: tensor 'fc1.a' is float64, not int64"),
        ("fc1.a", lambda a: a[:1], "operator fc1: wb makes 2 products, a has 1 entries"),
        (
            "fc1.a",
            lambda a: a.reshape(2, 1),
            r"operator fc1: a has shape \(2, 1\), not 1 non-empty",
        ),
        ("fc1.wb", lambda wb: wb[:0], r"operator fc1: wb has shape \(0, 3\), not 2 non-empty axes"),
        ("fc2.wb", lambda wb: wb[:, :2].copy(), "operator fc2: takes 2 inputs, and is given shape"),
        (
            "fc2.a",
            with_entry(0, 6),
            "operator fc2: its range .* the file says .* 0 to 60, .* 0 to 72",
        ),
        ("fc1.bias", with_entry(0, 3), "operator fc1: its range does not close"),
        (
            "fc1.a",
            with_entry(0, 2**63 - 1),
            "operator fc1: a has an entry of 9223.* beyond 62 bits",
        ),
        ("fc1.a", with_entry(0, 2**61), "operator fc1: channel 0 ranges from .* beyond 62 bits"),
    ],
)
def test_a_wrong_tensor_is_named(
    key: str, change: Callable[[np.ndarray], np.ndarray], message: str
) -> None:
    document, arrays = parts()
    arrays[key] = change(arrays[key])
    with pytest.raises(UserError, match=message):
        loads(container(json.dumps(document), arrays))


@pytest.mark.parametrize("key", sorted(parts()[1]))
def test_a_missing_tensor_is_named(key: str) -> None:
    document, arrays = parts()
    del arrays[key]
    with pytest.raises(UserError, match=f"operator {key[:3]}: tensor '{key}' is missing"):
        loads(container(json.dumps(document), arrays))


@pytest.mark.parametrize("key", ["fc3.wb", "act1.bias", "fc1.wb2", "wb"])
def test_a_superfluous_tensor_is_named(key: str) -> None:
    document, arrays = parts()
    arrays[key] = arrays["fc1.wb"]
    with pytest.raises(UserError, match=f"tensor '{key}' belongs to no operator"):
        loads(container(json.dumps(document), arrays))


def test_a_network_of_no_operators_is_refused() -> None:
    document, _ = parts()
    document["operators"] = []
    with pytest.raises(UserError, match="network example has no operators"):
        loads(container(json.dumps(document), {}))


NESTED = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "this is no .spn file"),
        (b"\xff" * 8 + b"{}", "this is no .spn file"),
        (b"a text that is long enough to hold a header", "this is no .spn file"),
        (raw(b"[]"), "this is no .spn file"),
        (raw(b'{"__metadata__":[]}'), "this is no .spn file"),
        (raw(b'{"__metadata__":{"format":"pt"}}'), "this is no .spn file"),
        (raw(b'{"__metadata__":{"mulbudget":3}}'), "the file is damaged"),
        (raw(b'{"__metadata__":' + NESTED.encode() + b"}"), "this is no .spn file"),
        (container(NESTED, {}), "its description of the network is not valid"),
        (container("", {}), "its description of the network is not valid"),
        (container("[]", {}), "its description of the network is not valid"),
        (container('{"version":"1"}', {}), "Expected `int`, got `str`"),
        (container(json.dumps(parts()[0])[:-1], {}), "its description of the network is not valid"),
        (CONTENT + b"\0", "the file is damaged"),
        (CONTENT.replace(b'"I8"', b'"U8"', 1), "tensor 'fc1.wb' is uint8, not int8"),
        (CONTENT.replace(b'"I64"', b'"F64"', 1), "tensor 'fc1.a' is float64, not int64"),
        (CONTENT.replace(b"[72,78]", b"[70,76]"), "the file is damaged"),
    ],
)
def test_a_container_that_is_none_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        loads(content)
