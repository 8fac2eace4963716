"""Which networks the front compares, and what they are called."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.dense import Dense


class Setting(NamedTuple):
    """A network: in which fields it differs from the recipe, or a dense one."""

    series: str
    change: tuple[str, ...] | Dense

    @property
    def name(self) -> str:
        """What is set, as for `mulbudget train --set`, or the sizes of a dense network."""
        if isinstance(self.change, Dense):
            return self.change.name
        return " ".join(self.change)


LEARNED, TERMS, TERNARY = "sum-product, Wc learned", "sum-product, terms", "sum-product, Wc = I"
PLAIN, DENSE, PRUNED = "ternary weights", "dense", "dense, pruned"

OWN = (LEARNED, TERMS, TERNARY)
"""Sum-product networks, whatever Wc is: what a user of mulbudget chooses from."""

SERIES = (*OWN, PLAIN, DENSE, PRUNED)
"""The others are the peers: ternary weights as Li et al. train them, and dense networks."""

BASE: Mapping[str, Sequence[str]] = {
    "digits": ("batch=384", "full_epochs=80", "ternary_epochs=600"),
    "mnist": (
        "batch=512",
        "full_epochs=6",
        "ternary_epochs=30",
        "teacher_width=256",
        "teacher_epochs=6",
    ),
}
"""How all networks of a data set differ from its recipe: they learn in less time."""

SEEDS: Mapping[str, Sequence[int]] = {"digits": (0, 1, 2), "mnist": (0,)}


def _own(series: str, *lines: str) -> list[Setting]:
    return [Setting(series, tuple(line.split())) for line in lines]


def _plain(*hidden: int) -> list[Setting]:
    """Ternary weight networks: a threshold of 0.7 times the mean magnitude, and no penalty."""
    rest = "wc=identity quantizer=scaled wb_threshold=0.7 wb_sparsity=0"
    return _own(PLAIN, *(f"hidden={each} r={each},10 {rest}" for each in hidden))


def _dense(
    *sizes: tuple[int, int], zeros: float = 0.0, ternary_epochs: int | None = None
) -> list[Setting]:
    """Hidden units and bits of a weight."""
    series = PRUNED if zeros else DENSE
    return [
        Setting(
            series,
            Dense(hidden=hidden, weight_bits=bits, zeros=zeros, ternary_epochs=ternary_epochs),
        )
        for hidden, bits in sizes
    ]


SETTINGS: Mapping[str, Sequence[Setting]] = {
    "digits": [
        *_own(
            TERNARY,
            "hidden=24 r=24,10 wc=identity wb_sparsity=0.6,0.03 a_digits=1 ternary_epochs=1500",
        ),
        *_dense((8, 4), zeros=0.5, ternary_epochs=1500),
        *_own(
            TERNARY,
            "hidden=32 r=32,10 wc=identity wb_sparsity=1,0.03 ternary_epochs=1500",
        ),
        *_dense((16, 4), zeros=0.85, ternary_epochs=1500),
        *_own(TERNARY, "hidden=16 r=16,10 wc=identity wb_sparsity=0.2,0"),
        *_dense((16, 4), zeros=0.7),
        *_own(LEARNED, "hidden=32 r=18,10"),
        *_dense((8, 4)),
        *_own(TERNARY, "hidden=24 r=24,10 wc=identity wb_sparsity=0.1,0"),
        *_dense((16, 4)),
        *_own(TERNARY, "hidden=10 r=10,10 wc=identity wb_sparsity=0.3,0"),
        *_dense((8, 4), zeros=0.7),
        *_own(TERMS, "hidden=16 r=32,10 wc=terms,identity wb_sparsity=0.2,0"),
        *_plain(16, 8),
        *_dense((8, 6), (8, 8)),
        *_own(LEARNED, "hidden=24 r=12,10"),
        *_own(TERMS, "hidden=10 r=20,20 wc=terms wb_sparsity=0.2,0"),
    ],
    "mnist": [
        *_own(
            TERNARY,
            "hidden=24 r=24,10 wb_sparsity=2,0",
            "hidden=96 r=96,10 wb_sparsity=8,0",
        ),
        *_dense((8, 4), zeros=0.9),
        *_dense((16, 4), zeros=0.95),
        *_own(TERNARY, "hidden=40 r=40,10 wb_sparsity=4,0", "hidden=16 r=16,10 wb_sparsity=4,0"),
        *_dense((16, 4), zeros=0.9),
        *_dense((32, 4), zeros=0.95),
        *_dense((64, 4), zeros=0.975),
        *_own(TERNARY, "hidden=192 r=192,10 wb_sparsity=8,0", "hidden=64 r=64,10 wb_sparsity=4,0"),
        *_plain(8),
        *_own(TERMS, "hidden=16 r=32,20 wc=terms wb_sparsity=2,0"),
        *_own(
            LEARNED,
            "hidden=40 r=20,10 wc=learned,identity wb_sparsity=2,0 wc_sparsity=0.1,0",
            "hidden=48 r=32,10 wc=learned,identity wb_sparsity=1,0 wc_sparsity=0,0",
        ),
        *_dense((4, 4), (8, 4)),
    ],
}
