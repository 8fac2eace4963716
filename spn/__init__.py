"""The network as integers: operators, exact ranges, evaluation, counts and the .spn file."""

from mulbudget.spn.counts import Counts, layer_counts, network_counts
from mulbudget.spn.errors import UserError
from mulbudget.spn.file import digest, dumps, load, loads, save
from mulbudget.spn.network import AnyOperator, Network, Node
from mulbudget.spn.operators import ArgMax, Requantize, SumProduct, Tensor
from mulbudget.spn.ranges import Range, width

__all__ = [
    "AnyOperator",
    "ArgMax",
    "Counts",
    "Network",
    "Node",
    "Range",
    "Requantize",
    "SumProduct",
    "Tensor",
    "UserError",
    "digest",
    "dumps",
    "layer_counts",
    "load",
    "loads",
    "network_counts",
    "save",
    "width",
]
