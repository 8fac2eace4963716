"""Algorithms for the matrix product: discovered, improved, read from files, and printed."""
