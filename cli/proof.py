"""What a simulation showed of a network, as `mulbudget sim --report` keeps it."""

from pathlib import Path
from typing import Literal

import msgspec

from mulbudget.spn.files import read_json, write_whole

Kind = Literal["test set", "first samples of the test set", "random inputs"]


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The outcome of a simulation.

    Parameters
    ----------
    network : str
        `mulbudget.spn.digest` of it.
    hardware : "RTL" or "netlist"
        What was simulated.
    samples : str
        Which went through it.
    exact, total : int
        Samples with every output right, and all.
    passed : bool
        Whether all were, and timing and benches as they have to be.
    """

    network: str
    hardware: Literal["RTL", "netlist"]
    samples: Kind
    exact: int
    total: int
    passed: bool


def write_proof(path: Path, proof: Proof) -> None:
    """Write `proof` as JSON, whole or not at all; `UserError` when it cannot be written."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(proof), indent=2) + b"\n")


def shown_proof(path: Path, network: str) -> list[tuple[str, str]]:
    """What was simulated, and the outcome; nothing where there is no file, or of another network.

    Parameters
    ----------
    path : Path
        What `write_proof` wrote.
    network : str
        `mulbudget.spn.digest` of it.
    """
    if not path.exists():
        return []
    proof = read_json(path, Proof)
    if proof.network != network:
        return []
    outcome = f"{proof.exact:,} of {proof.total:,} bit-exact"
    what = f"simulated {proof.hardware}, {proof.samples}"
    return [(what, outcome if proof.passed else f"failed, {outcome}")]
