"""The wrapper around several designs takes no name that a design may have."""

import pytest

from mulbudget.hw.families import FAMILIES
from mulbudget.sim.lanes import TOP
from mulbudget.spn import Network, UserError
from tests.networks import example

PRIMITIVES = {family.dsp.primitive for family in FAMILIES.values() if family.dsp is not None}


@pytest.mark.parametrize("name", sorted({TOP} | PRIMITIVES))
def test_no_network_has_the_name_of_a_module_that_is_compiled_with_it(name: str) -> None:
    with pytest.raises(UserError, match=f"network name '{name}' is"):
        Network(name, example().input, example().nodes)
