"""Measurements: accuracy under a budget, and the time of each step of the way."""
