"""Adder graphs: the additions of Wb, Wc and of products by constants."""

from mulbudget.hw.adders.bound import lower_bound
from mulbudget.hw.adders.constant import multiply_by
from mulbudget.hw.adders.graph import Add, AdderGraph, Output
from mulbudget.hw.adders.optimize import least_depth, optimize

__all__ = ["Add", "AdderGraph", "Output", "least_depth", "lower_bound", "multiply_by", "optimize"]
