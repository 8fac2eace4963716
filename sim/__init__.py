"""Proof by simulation: tools, Verilated batch runs, gate-level runs, cocotb benches."""
