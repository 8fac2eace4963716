"""How people call operators and their shapes."""

from mulbudget.spn.bilinear import Bilinear
from mulbudget.spn.convolution import Convolution
from mulbudget.spn.geometry import Geometry
from mulbudget.spn.images import MaxPool
from mulbudget.spn.network import AnyOperator
from mulbudget.spn.operators import SumProduct, Tensor


def kind_title(operator: AnyOperator) -> str:
    """What an operator is, like "convolution", or "ternary convolution" where Wc is fixed."""
    match operator:
        case SumProduct() if operator.wc_is_identity:
            return "ternary-weight"
        case Convolution() if operator.layer.wc_is_identity:
            return "ternary convolution"
        case _:
            return operator.kind


def shape_title(operator: AnyOperator, output: Tensor) -> str:
    """Like 64→18→32 of inputs, products and outputs; of other operators what they give."""
    match operator:
        case SumProduct():
            return f"{operator.n_in}→{operator.r}→{operator.n_out}"
        case Convolution():
            channels = f"{operator.channels}→{operator.r}→{operator.n_out}"
            groups = [f"{operator.groups} groups"] if operator.groups > 1 else []
            return ", ".join([channels, _window(operator.geometry), *groups])
        case MaxPool():
            return _window(operator.geometry)
        case Bilinear(scheme=scheme, size=(rows, inner, columns)):
            k, m, n = scheme.size
            blocks = f" in {k}x{m}, {m}x{n}" if operator.tiled else ""
            return f"{rows}x{inner} · {inner}x{columns}{blocks}"
        case _:
            return " x ".join(map(str, output.shape))


def _window(geometry: Geometry) -> str:
    """Like 3x3, stride 2, patch 2."""
    parts = ["x".join(map(str, geometry.kernel))]
    for what, sizes in (("stride", geometry.stride), ("patch", geometry.patch)):
        if max(sizes) > 1:
            alike = len(set(sizes)) == 1
            parts.append(f"{what} {sizes[0] if alike else 'x'.join(map(str, sizes))}")
    return ", ".join(parts)
