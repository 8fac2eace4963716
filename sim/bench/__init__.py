"""cocotb benches of generated networks; `mulbudget.sim.benches` runs them."""
