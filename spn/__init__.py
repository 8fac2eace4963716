"""The network as integers: operators, exact ranges, evaluation, counts and the .spn file."""

from mulbudget.spn.bilinear import Bilinear
from mulbudget.spn.convolution import Convolution
from mulbudget.spn.counts import (
    Counts,
    convolution_counts,
    graph_additions,
    layer_counts,
    network_counts,
    operator_counts,
    product_counts,
)
from mulbudget.spn.errors import UserError
from mulbudget.spn.file import digest, dumps, load, loads, save
from mulbudget.spn.geometry import Geometry
from mulbudget.spn.images import Add, Concatenate, Flatten, MaxPool
from mulbudget.spn.matrices import matrices_of
from mulbudget.spn.network import AnyOperator, Network, Node
from mulbudget.spn.operators import ArgMax, Requantize, SumProduct, Tensor
from mulbudget.spn.products import (
    find_product,
    nested,
    product_network,
    tiled,
    with_standard_scheme,
)
from mulbudget.spn.ranges import Range, width
from mulbudget.spn.scheme import Scheme, nest, standard
from mulbudget.spn.titles import kind_title, shape_title

__all__ = [
    "Add",
    "AnyOperator",
    "ArgMax",
    "Bilinear",
    "Concatenate",
    "Convolution",
    "Counts",
    "Flatten",
    "Geometry",
    "MaxPool",
    "Network",
    "Node",
    "Range",
    "Requantize",
    "Scheme",
    "SumProduct",
    "Tensor",
    "UserError",
    "convolution_counts",
    "digest",
    "dumps",
    "find_product",
    "graph_additions",
    "kind_title",
    "layer_counts",
    "load",
    "loads",
    "matrices_of",
    "nest",
    "nested",
    "network_counts",
    "operator_counts",
    "product_counts",
    "product_network",
    "save",
    "shape_title",
    "standard",
    "tiled",
    "width",
    "with_standard_scheme",
]
