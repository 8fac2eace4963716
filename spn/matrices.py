"""The ternary matrices of an operator."""

from mulbudget.spn.bilinear import Bilinear
from mulbudget.spn.convolution import Convolution
from mulbudget.spn.network import AnyOperator
from mulbudget.spn.operators import SumProduct
from mulbudget.spn.scheme import Ternary


def matrices_of(operator: AnyOperator) -> list[tuple[str, Ternary]]:
    """Each with its name and two axes, of which rows are sums; none where there are no such."""
    match operator:
        case SumProduct(wb=wb, wc=wc):
            return [("Wb", wb), ("Wc", wc)]
        case Convolution(wb=wb, layer=layer):
            return [("Wb", wb.reshape(len(wb), -1)), ("Wc", layer.wc)]
        case Bilinear(scheme=scheme):
            return [("Wa", scheme.wa), ("Wb", scheme.wb), ("Wc", scheme.wc)]
        case _:
            return []
