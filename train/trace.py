"""A PyTorch model as the list of what it computes, found by tracing it symbolically."""

import copy
import operator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.proxy import TraceError
from torch.nn import functional

from mulbudget.spn import UserError

LAYERS = (nn.Conv1d, nn.Conv2d, nn.Linear)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)

_MODULES: dict[type[nn.Module], str] = {
    **dict.fromkeys(LAYERS, "layer"),
    **dict.fromkeys(NORMS, "norm"),
    nn.ReLU: "relu",
    nn.ReLU6: "relu6",
    nn.MaxPool1d: "max_pool",
    nn.MaxPool2d: "max_pool",
    nn.AvgPool1d: "average_pool",
    nn.AvgPool2d: "average_pool",
    nn.AdaptiveAvgPool1d: "adaptive_pool",
    nn.AdaptiveAvgPool2d: "adaptive_pool",
    nn.Flatten: "reshape",
    nn.Identity: "identity",
    nn.Dropout: "dropout",
    nn.Dropout1d: "dropout",
    nn.Dropout2d: "dropout",
}

_FUNCTIONS: dict[Any, str] = {
    **dict.fromkeys((functional.relu, functional.relu_, torch.relu, torch.relu_), "relu"),
    functional.relu6: "relu6",
    **dict.fromkeys((functional.max_pool1d, functional.max_pool2d), "max_pool"),
    **dict.fromkeys((torch.max_pool1d, torch.max_pool2d), "max_pool"),
    **dict.fromkeys((functional.avg_pool1d, functional.avg_pool2d), "average_pool"),
    **dict.fromkeys(
        (functional.adaptive_avg_pool1d, functional.adaptive_avg_pool2d), "adaptive_pool"
    ),
    torch.mean: "mean",
    **dict.fromkeys((torch.flatten, torch.reshape, torch.squeeze), "reshape"),
    functional.dropout: "dropout",
    **dict.fromkeys((operator.add, operator.iadd, torch.add), "add"),
    **dict.fromkeys((torch.cat, torch.concat, torch.concatenate), "concatenate"),
}

_METHODS = {
    "relu": "relu",
    "relu_": "relu",
    "add": "add",
    "add_": "add",
    "mean": "mean",
    "flatten": "reshape",
    "reshape": "reshape",
    "view": "reshape",
    "squeeze": "reshape",
    "contiguous": "identity",
    "clone": "identity",
}

_POOL = ("kernel_size", "stride", "padding")
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "max_pool": (*_POOL, "dilation", "ceil_mode", "return_indices"),
    "average_pool": (*_POOL, "ceil_mode", "count_include_pad", "divisor_override"),
    "adaptive_pool": ("output_size",),
    "mean": ("dim", "keepdim", "dtype"),
    "dropout": ("p",),
    "add": ("alpha",),
    "concatenate": ("dim",),
}
"""Names of what follows the tensors, in order."""

_CURES = {
    "Softmax": "leave it out, as the largest logit is the largest probability",
    "LogSoftmax": "leave it out, as the largest logit is the largest probability",
    "softmax": "leave it out, as the largest logit is the largest probability",
    "log_softmax": "leave it out, as the largest logit is the largest probability",
    "LayerNorm": "use a batch norm right behind the layer",
    "GroupNorm": "use a batch norm right behind the layer",
    "InstanceNorm2d": "use a batch norm right behind the layer",
    "batch_norm": "use the module nn.BatchNorm2d",
    "conv1d": "use the module nn.Conv1d",
    "conv2d": "use the module nn.Conv2d",
    "linear": "use the module nn.Linear",
    "AdaptiveMaxPool2d": "use nn.MaxPool2d",
    "mul": "put the factor into a layer, or use an addition",
    **dict.fromkeys(
        (
            *("Sigmoid", "Tanh", "GELU", "SiLU", "Hardswish", "LeakyReLU", "PReLU", "ELU"),
            *("sigmoid", "tanh", "gelu", "silu", "hardswish", "leaky_relu", "elu", "Softplus"),
        ),
        "use nn.ReLU",
    ),
}
_OTHERS = (
    "use convolutions and linear layers with batch norm, ReLU, max and average pooling, "
    "additions, torch.cat and flattening"
)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One thing that a model computes.

    Parameters
    ----------
    name : str
        Of its result, unique.
    kind : str
        "layer", "norm", "relu", "relu6", "max_pool", "average_pool", "adaptive_pool", "mean",
        "reshape", "identity", "dropout", "add" or "concatenate".
    inputs : tuple of str
        Names of the results it takes.
    module : nn.Module, optional
        That it calls, a copy.
    origin : str
        Name of the module in the model, or of the function.
    settings : dict
        Further arguments, by the names that they have in PyTorch.
    result : Tensor
        For the example.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    module: nn.Module | None
    origin: str
    settings: dict[str, Any]
    result: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the result, for one sample."""
        return tuple(self.result.shape[1:])


def trace(model: nn.Module, example: Tensor) -> tuple[str, list[Call]]:
    """What `model` computes, in order, and the name of its input.

    Parameters
    ----------
    model : nn.Module
        It is copied, and traced in evaluation mode.
    example : Tensor
        An input, (samples, ...).

    Raises
    ------
    UserError
        When it cannot be traced, has several inputs or outputs, or computes what has no integer
        form; names it.
    """
    graph = _traced(copy.deepcopy(model).eval())
    _check_in_place(graph)
    graph.graph.eliminate_dead_code()
    inputs = [node for node in graph.graph.nodes if node.op == "placeholder"]
    if len(inputs) != 1:
        raise UserError(f"the model takes {len(inputs)} inputs: give a model of one tensor")
    results = _results(graph, example)
    modules: dict[str, nn.Module] = dict(graph.named_modules())
    tensors = [node for node in graph.graph.nodes if isinstance(results.get(node), Tensor)]
    _check_samples(tensors, results, len(example))
    calls = [
        _call(node, modules, results)
        for node in tensors
        if node.op not in ("placeholder", "output")
    ]
    output = next(node for node in graph.graph.nodes if node.op == "output")
    if not isinstance(results[output], Tensor):
        raise UserError("the model gives more than one tensor: let forward return one")
    if not calls or output.args[0] is inputs[0]:
        raise UserError("the model computes nothing: it has no layers")
    return inputs[0].name, calls


def _traced(model: nn.Module) -> fx.GraphModule:
    try:
        return fx.symbolic_trace(model)
    except (TraceError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise UserError(
            f"the model cannot be traced, since its forward depends on what it is given: {reason}; "
            "use a forward without conditions and loops on tensors"
        ) from error


class _Recorder(fx.Interpreter):
    """Keeps what every node gives."""

    def __init__(self, graph: fx.GraphModule) -> None:
        super().__init__(graph)
        self.results: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        self.results[n] = result = super().run_node(n)
        return result


def _results(graph: fx.GraphModule, example: Tensor) -> dict[fx.Node, Any]:
    recorder = _Recorder(graph)
    try:
        with torch.no_grad():
            recorder.run(example)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise UserError(
            f"the model does not take an example of shape {tuple(example.shape)}: {reason}; give "
            "one with a first axis of samples"
        ) from error
    return recorder.results


def _check_in_place(graph: fx.GraphModule) -> None:
    """Raise `UserError` where a tensor is used after it was overwritten: a trace cannot tell."""
    order = {node: number for number, node in enumerate(graph.graph.nodes)}
    modules = dict(graph.named_modules())
    for node in graph.graph.nodes:
        module = modules.get(str(node.target)) if node.op == "call_module" else None
        in_place = (
            getattr(module, "inplace", False)
            or node.kwargs.get("inplace")
            or (node.op == "call_method" and str(node.target).endswith("_"))
            or node.target in (operator.iadd, functional.relu_, torch.relu_)
        )
        if in_place and node.all_input_nodes:
            source = node.all_input_nodes[0]
            later = [user for user in source.users if order[user] > order[node]]
            if later:
                raise UserError(
                    f"{node.target} overwrites {source.name}, which {later[0].name} uses "
                    "afterwards: do not let it work in place"
                )


def _check_samples(tensors: list[fx.Node], results: dict[fx.Node, Any], samples: int) -> None:
    """Raise `UserError` when the first axis does not stay that of the samples."""
    for node in tensors:
        shape = tuple(results[node].shape)
        if node.op != "get_attr" and (not shape or shape[0] != samples):
            raise UserError(
                f"{node.name} gives shape {shape} for {samples} samples: keep the first axis for "
                "them"
            )


def _call(node: fx.Node, modules: dict[str, nn.Module], results: dict[fx.Node, Any]) -> Call:
    module = modules[str(node.target)] if node.op == "call_module" else None
    kind = _kind(node, module)
    given = [each for each in node.all_input_nodes if isinstance(results[each], Tensor)]
    if kind == "concatenate":
        given = list(_tensors_of(node))
    elif kind == "add":
        given = [each for each in _operands(node) if isinstance(each, fx.Node)]
        if len(given) != 2 or not all(isinstance(results[each], Tensor) for each in given):
            raise UserError(f"{node.name} adds what is no result of the model: add two tensors")
    return Call(
        name=node.name,
        kind=kind,
        inputs=tuple(each.name for each in given),
        module=module,
        origin=str(node.target) if module is not None else node.name,
        settings=_settings(kind, node, module),
        result=results[node],
    )


def _kind(node: fx.Node, module: nn.Module | None) -> str:
    if node.op == "get_attr":
        raise UserError(
            f"the model computes with its tensor {node.target}, which is no input: put it into a "
            "layer"
        )
    table: dict[Any, str] = {"call_module": _MODULES, "call_function": _FUNCTIONS}.get(
        node.op, _METHODS
    )
    key = type(module) if module is not None else node.target
    if key in table:
        return table[key]
    name = getattr(key, "__name__", str(key))
    cure = _CURES.get(name, _OTHERS)
    what = f"module {node.target} is a {name}" if module is not None else f"{node.name} is {name}"
    raise UserError(f"{what}, which has no integer form: {cure}")


def _operands(node: fx.Node) -> tuple[Any, ...]:
    other = node.kwargs.get("other")
    return (*node.args[:2], other) if other is not None else node.args[:2]


def _tensors_of(node: fx.Node) -> tuple[Any, ...]:
    return tuple(node.args[0] if node.args else node.kwargs["tensors"])  # type: ignore[arg-type] - fx


def _settings(kind: str, node: fx.Node, module: nn.Module | None) -> dict[str, Any]:
    names = _ARGUMENTS.get(kind, ())
    if module is not None:
        return {name: getattr(module, name) for name in names if hasattr(module, name)}
    first = 2 if kind == "add" else 1
    settings = dict(zip(names, node.args[first:], strict=False))
    return settings | {name: node.kwargs[name] for name in names if name in node.kwargs}
