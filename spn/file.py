"""The .spn file: a safetensors file with the network's graph as JSON in its metadata.

Tensors are named `<operator>.<field>` (wa, wb, wc: int8; a, bias: int64). A file from outside is
never trusted: everything that `Network` derives is checked against what the file says.
"""

import hashlib
import os
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import numpy as np
import safetensors
import safetensors.numpy

from mulbudget.spn.bilinear import Bilinear
from mulbudget.spn.convolution import Convolution
from mulbudget.spn.errors import UserError
from mulbudget.spn.files import read_whole, write_whole
from mulbudget.spn.geometry import Geometry
from mulbudget.spn.images import Add, Concatenate, Flatten, MaxPool
from mulbudget.spn.network import AnyOperator, Network, Node
from mulbudget.spn.operators import ArgMax, Requantize, SumProduct, Tensor
from mulbudget.spn.ranges import Range
from mulbudget.spn.scheme import Scheme

VERSION = 1
_KEY = "mulbudget"
_Types = Mapping[str, type[np.generic]]

_ARRAYS: _Types = {"wb": np.int8, "a": np.int64, "wc": np.int8, "bias": np.int64}
_MATRICES: _Types = {"wa": np.int8, "wb": np.int8, "wc": np.int8}


class _Tensor(msgspec.Struct, forbid_unknown_fields=True):
    shape: list[int]
    fraction: int
    low: list[int]
    high: list[int]


class _Node(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    input: str
    output: _Tensor


class _Joined(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    inputs: list[str]
    output: _Tensor


class _SumProduct(_Node, tag_field="operator", tag=SumProduct.kind):
    fraction: int


class _Bilinear(_Node, tag_field="operator", tag=Bilinear.kind):
    scheme: tuple[int, int, int]
    size: tuple[int, int, int]


class _Geometry(msgspec.Struct, forbid_unknown_fields=True):
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    patch: tuple[int, ...]


class _Convolution(_Node, tag_field="operator", tag=Convolution.kind):
    fraction: int
    geometry: _Geometry
    groups: int


class _MaxPool(_Node, tag_field="operator", tag=MaxPool.kind):
    geometry: _Geometry


class _Add(_Joined, tag_field="operator", tag=Add.kind):
    shifts: tuple[int, int]


class _Concatenate(_Joined, tag_field="operator", tag=Concatenate.kind):
    shifts: tuple[int, ...]


class _Flatten(_Node, tag_field="operator", tag=Flatten.kind):
    pass


class _Requantize(_Node, tag_field="operator", tag=Requantize.kind):
    shift: int
    low: int
    high: int


class _ArgMax(_Node, tag_field="operator", tag=ArgMax.kind):
    pass


_AnyNode = (
    _SumProduct
    | _Convolution
    | _Bilinear
    | _Requantize
    | _ArgMax
    | _MaxPool
    | _Add
    | _Concatenate
    | _Flatten
)


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["spn"]
    version: int
    name: str
    input: _Tensor
    operators: list[_AnyNode]
    provenance: dict[str, Any]


class _Version(msgspec.Struct):
    version: int


def dumps(network: Network) -> bytes:
    """The bytes of the .spn file of `network`; the same network gives the same bytes."""
    arrays: dict[str, np.ndarray] = {}
    operators: list[_AnyNode] = []
    for node in network.nodes:
        operators.append(_described(node, _describe(network.tensors[node.name])))
        match node.operator:
            case SumProduct() | Convolution():
                arrays |= _put(node.name, node.operator, _ARRAYS)
            case Bilinear(scheme=scheme):
                arrays |= _put(node.name, scheme, _MATRICES)
            case _:
                pass
    document = _Document(
        "spn", VERSION, network.name, _describe(network.input), operators, dict(network.provenance)
    )
    text = msgspec.json.encode(document, order="deterministic").decode()
    return safetensors.numpy.save(arrays, metadata={_KEY: text})


def _described(node: Node, output: _Tensor) -> _AnyNode:
    """An operator as JSON, without its arrays."""
    common = (node.name, node.input, output)
    joined = (node.name, list(node.inputs), output)
    match node.operator:
        case SumProduct(fraction=fraction):
            return _SumProduct(*common, fraction=fraction)
        case Convolution(fraction=fraction, geometry=geometry, groups=groups):
            places = _placed(geometry)
            return _Convolution(*common, fraction=fraction, geometry=places, groups=groups)
        case Bilinear(scheme=scheme, size=size):
            return _Bilinear(*common, scheme=scheme.size, size=size)
        case Requantize(shift=shift, low=low, high=high):
            return _Requantize(*common, shift=shift, low=low, high=high)
        case ArgMax():
            return _ArgMax(*common)
        case MaxPool(geometry=geometry):
            return _MaxPool(*common, geometry=_placed(geometry))
        case Add(shifts=shifts):
            return _Add(*joined, shifts=shifts)
        case Concatenate(shifts=shifts):
            return _Concatenate(*joined, shifts=shifts)
        case Flatten():
            return _Flatten(*common)


def _placed(geometry: Geometry) -> _Geometry:
    return _Geometry(geometry.kernel, geometry.stride, geometry.padding, geometry.patch)


def _geometry(places: _Geometry) -> Geometry:
    return Geometry(places.kernel, places.stride, places.padding, places.patch)


def digest(network: Network) -> str:
    """SHA-256 of what `dumps` gives: what tells one network from another."""
    return hashlib.sha256(dumps(network)).hexdigest()


def save(network: Network, path: str | os.PathLike[str]) -> None:
    """Write `network` to `path`, whole or not at all; `UserError` when it cannot be written."""
    write_whole(path, dumps(network))


def load(path: str | os.PathLike[str]) -> Network:
    """Read a .spn file.

    Raises
    ------
    UserError
        In one sentence that names the file and, where there is one, the operator: not a .spn file,
        truncated, another version, a missing or superfluous tensor, an entry that is not ternary,
        a shape that does not fit, a range that does not close.
    """
    try:
        return loads(read_whole(path))
    except UserError as error:
        message = str(error)
        raise UserError(message if str(path) in message else f"{path}: {message}") from error


def loads(content: bytes) -> Network:
    """Read the bytes of a .spn file; see `load`."""
    text, arrays = _open(content)
    document = _parse(text)
    used: set[str] = set()
    nodes = [
        Node(each.name, _operator(each, arrays, used), *_inputs(each))
        for each in document.operators
    ]
    superfluous = sorted(set(arrays) - used)
    if superfluous:
        raise UserError(f"tensor {superfluous[0]!r} belongs to no operator")
    try:
        start = _tensor(document.input)
    except UserError as error:
        raise UserError(f"input: {error}") from error
    network = Network(document.name, start, nodes, document.provenance)
    for each in document.operators:
        derived = _describe(network.tensors[each.name])
        if derived != each.output:
            raise UserError(
                f"operator {each.name}: its range does not close: the file says "
                f"{_brief(each.output)}, the operators before it give {_brief(derived)}"
            )
    return network


def _open(content: bytes) -> tuple[str, dict[str, np.ndarray]]:
    """The JSON text and the tensors of the container."""
    try:
        header_length = int.from_bytes(content[:8], "little")
        header = msgspec.json.decode(content[8 : 8 + header_length])
        text = header["__metadata__"][_KEY]
    except (msgspec.DecodeError, KeyError, TypeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError("this is no .spn file, or it is truncated") from error
    try:
        arrays = safetensors.numpy.load(content)
    except (safetensors.SafetensorError, KeyError, ValueError) as error:
        raise UserError(f"the file is damaged or truncated: {error}") from error
    return text, arrays


def _parse(text: str) -> _Document:
    try:
        version = msgspec.json.decode(text, type=_Version).version
        if version != VERSION:
            raise UserError(
                f"it is of version {version}, and this mulbudget reads version {VERSION}: "
                "train it again, or use the release that wrote it"
            )
        return msgspec.json.decode(text, type=_Document)
    except (msgspec.DecodeError, TypeError, UnicodeEncodeError, RecursionError) as error:
        raise UserError(f"its description of the network is not valid: {error}") from error


def _inputs(node: _AnyNode) -> list[str]:
    return node.inputs if isinstance(node, _Joined) else [node.input]


def _operator(node: _AnyNode, arrays: dict[str, np.ndarray], used: set[str]) -> AnyOperator:
    try:
        match node:
            case _SumProduct():
                fields = _take(node.name, _ARRAYS, arrays, used)
                return SumProduct(fraction=node.fraction, **fields)
            case _Bilinear():
                matrices = _take(node.name, _MATRICES, arrays, used)
                return Bilinear(Scheme(*node.scheme, **matrices), node.size)
            case _Convolution():
                fields = _take(node.name, _ARRAYS, arrays, used)
                geometry = _geometry(node.geometry)
                return Convolution(
                    fraction=node.fraction, geometry=geometry, groups=node.groups, **fields
                )
            case _MaxPool():
                return MaxPool(_geometry(node.geometry))
            case _Add():
                return Add(node.shifts)
            case _Concatenate():
                return Concatenate(node.shifts)
            case _Flatten():
                return Flatten()
            case _Requantize():
                return Requantize(node.shift, node.low, node.high)
            case _ArgMax():
                return ArgMax()
    except UserError as error:
        raise UserError(f"operator {node.name}: {error}") from error


def _put(name: str, holder: object, dtypes: _Types) -> dict[str, np.ndarray]:
    """The arrays of an operator, by the names that they have in the file."""
    return {
        f"{name}.{key}": np.ascontiguousarray(getattr(holder, key), dtype)
        for key, dtype in dtypes.items()
    }


def _take(
    name: str, dtypes: _Types, arrays: dict[str, np.ndarray], used: set[str]
) -> dict[str, np.ndarray]:
    """The arrays of an operator, by field."""
    taken = {}
    for field, dtype in dtypes.items():
        key = f"{name}.{field}"
        if key not in arrays:
            raise UserError(f"tensor {key!r} is missing")
        if arrays[key].dtype != dtype:
            raise UserError(f"tensor {key!r} is {arrays[key].dtype}, not {np.dtype(dtype)}")
        used.add(key)
        taken[field] = arrays[key]
    return taken


def _describe(tensor: Tensor) -> _Tensor:
    return _Tensor(
        list(tensor.shape), tensor.fraction, list(tensor.range.low), list(tensor.range.high)
    )


def _tensor(tensor: _Tensor) -> Tensor:
    return Tensor(
        tuple(tensor.shape), tensor.fraction, Range(tuple(tensor.low), tuple(tensor.high))
    )


def _brief(tensor: _Tensor) -> str:
    return (
        f"shape {tuple(tensor.shape)}, fraction {tensor.fraction}, "
        f"{min(tensor.low, default=0)} to {max(tensor.high, default=0)}"
    )
