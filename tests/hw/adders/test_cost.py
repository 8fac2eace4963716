from typing import Any

import pytest

from mulbudget.hw.adders.cost import Ends, adder_luts
from mulbudget.hw.families import FAMILIES

U1, U3, U4, U8, S8 = (0, 1), (0, 7), (0, 15), (0, 255), (-128, 127)
FAMILY_NAMES = ("gw1n", "ecp5", "ice40-up")


@pytest.mark.parametrize(
    ("left", "right", "result", "options", "expected"),
    [
        (U8, U8, (0, 510), {}, (9, 9, 8)),
        (S8, S8, (-256, 254), {}, (9, 9, 9)),
        (U8, U8, (-255, 255), {"subtract": True}, (9, 9, 9)),
        (U8, U8, (0, 100), {"subtract": True}, (7, 8, 7)),
        (U8, U8, (0, 1275), {"left_shift": 2}, (9, 9, 8)),
        (U8, U8, (0, 1275), {"right_shift": 2}, (9, 9, 8)),
        (U8, U8, (-1020, 255), {"right_shift": 2, "subtract": True}, (9, 9, 9)),
        (U8, U8, (-255, 1020), {"left_shift": 2, "subtract": True}, (11, 11, 10)),
        (U8, U4, (0, 4095), {"left_shift": 4}, (0, 0, 0)),
        (U8, S8, (-128, 255 * 256 + 127), {"left_shift": 8}, (9, 9, 9)),
        (U1, U1, (0, 2), {}, (2, 2, 2)),
        (U3, U3, (0, 14), {}, (4, 10, 3)),
        (U3, U4, (-8, 15), {}, (5, 6, 5)),
    ],
)
def test_the_formula(
    left: Ends, right: Ends, result: Ends, options: dict[str, Any], expected: tuple[int, ...]
) -> None:
    """As Yosys 0.70 counts single adders; on iCE40 without their inverters."""
    found = [adder_luts(FAMILIES[name], left, right, result, **options) for name in FAMILY_NAMES]
    assert tuple(found) == expected
