"""From integers to gates: adder graphs, multipliers, layer styles, plan, Verilog."""
