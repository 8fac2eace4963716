"""Checkpoints: a run that was interrupted ends with the same bytes as one that was not."""

import io
import pickle
import time
from pathlib import Path
from typing import Any

import torch

from mulbudget.spn import UserError
from mulbudget.spn.files import read_whole, write_whole

State = dict[str, Any]
"""Tensors, numbers, text, lists and dictionaries of these: what loads without running code."""

_VERSION = 2
_LARGEST_SHARE = 0.05
"""Of the time that writing checkpoints may take."""


class Checkpoint:
    """The file that a run continues from, and the state that goes into it.

    Every epoch hands its state over. It is written at once when writing has taken less than a
    twentieth of the time so far, and in any case when the run is interrupted.

    Parameters
    ----------
    path : Path
    run : str
        Says which run it is of; a file of another run is not continued.
    writes : bool
        Of several processes only one does.
    """

    def __init__(self, path: Path, run: str, writes: bool = True) -> None:
        self.path = path
        self.run = run
        self._writes = writes
        self._latest: State | None = None
        self._next_write = 0.0

    def load(self) -> State | None:
        """The state to continue from; None when there is no file, or it is of another run.

        Raises
        ------
        UserError
            When the file is damaged.
        """
        if not self.path.exists():
            return None
        content = read_whole(self.path)
        try:
            saved = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
            version, run, state = saved["version"], saved["run"], saved["state"]
        except (RuntimeError, ValueError, KeyError, TypeError, EOFError, pickle.PickleError) as e:
            raise UserError(
                f"{self.path} is damaged and cannot be continued from: delete it to start anew"
            ) from e
        return state if (version, run) == (_VERSION, self.run) else None

    def keep(self, state: State) -> None:
        """Keep `state`, which must not change any more, and write it if it is time to."""
        self._latest = state
        if time.monotonic() >= self._next_write:
            self.write()

    def write(self) -> bool:
        """Write what was kept last; False when nothing was."""
        if self._latest is None or not self._writes:
            return self._latest is not None
        start = time.monotonic()
        file = io.BytesIO()
        torch.save({"version": _VERSION, "run": self.run, "state": self._latest}, file)
        write_whole(self.path, file.getvalue())
        end = time.monotonic()
        self._next_write = end + (end - start) / _LARGEST_SHARE
        return True

    def remove(self) -> None:
        """Delete the file: the run is over."""
        self.path.unlink(missing_ok=True)
