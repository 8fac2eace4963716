"""Training under a multiplication budget: layers, quantizers, phases, recipes, export."""
