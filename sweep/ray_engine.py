"""Runs on the machines of a Ray cluster, which must have mulbudget and the data set, no more.

Files travel as bytes: a run's own when it has ended, and its checkpoint when it was interrupted, so
no folder need be shared.
"""

import os
import socket
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from textwrap import shorten
from typing import Any
from urllib.parse import urlsplit

from mulbudget.spn import UserError
from mulbudget.spn.files import make_folder, read_whole, write_whole
from mulbudget.sweep.grid import Job
from mulbudget.sweep.results import CHECKPOINT, FILES
from mulbudget.sweep.work import Done, Event, Failed, Note, Progress, outcome

_POLL = 0.5
"""Seconds from one look at what runs tell to the next."""
_ANSWER = 10
"""Seconds that a cluster has to answer in."""
_PATIENCE = 120
"""Seconds that interrupted runs have for their checkpoints."""

Mail = tuple[str, Progress | Note | bytes]
"""Of a run, by its name: what it tells, or its checkpoint."""


def check_ray(address: str) -> None:
    """Find out before long work whether Ray is here, and something answers at an address.

    Ray itself would try for minutes.

    Raises
    ------
    UserError
        When it is not, or nothing does.
    """
    if find_spec("ray") is None:
        raise UserError(
            f"--address {address} is for Ray, which is not installed: pip install 'mulbudget[ray]'"
        )
    where = urlsplit(address if "://" in address else f"//{address}")
    try:
        if where.hostname is None or where.port is None:  # such as "auto"
            return
        socket.create_connection((where.hostname, where.port), timeout=_ANSWER).close()
    except (OSError, ValueError) as error:
        raise UserError(
            f"no Ray cluster answers at {address} ({error}): `ray start --head` starts one, and "
            "says its address"
        ) from error


def run_on_ray(jobs: Sequence[Job], address: str) -> Generator[tuple[Job, Event]]:
    """Do jobs wherever the cluster has processors for them; each ends with `Done` or `Failed`.

    Closing the generator interrupts the runs, and their checkpoints come back to their folders.

    Parameters
    ----------
    jobs : sequence of Job
    address : str
        As for `ray.init`.

    Raises
    ------
    UserError
        When no cluster answers.
    RuntimeError
        With the traceback of a run, where that is a bug.
    """
    with _connected(address) as ray:
        mailbox = ray.remote(num_cpus=0)(Mailbox).remote()
        refs = {_submit(ray, job, mailbox): job for job in jobs}
        try:
            while refs:
                ready, _ = ray.wait(list(refs), timeout=_POLL)
                yield from _told(ray, mailbox, refs.values())
                for ref in ready:
                    yield refs.pop(ref), _ended(ray, ref)
        finally:
            for ref in refs:
                ray.cancel(ref)
            if refs:
                ray.wait(list(refs), num_returns=len(refs), timeout=_PATIENCE)
            for _ in _told(ray, mailbox, refs.values()):  # checkpoints
                pass


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    import ray  # pyright: ignore[reportMissingModuleSource] - an extra, not always there

    try:
        ray.init(address=address, logging_level="ERROR", log_to_driver=False)
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        why = shorten(str(error) or type(error).__name__, 300)
        raise UserError(
            f"no Ray cluster can be used at {address} ({why}): `ray status` on one of its machines "
            "says whether it runs"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


class Mailbox:
    """What runs tell, until it is asked for."""

    def __init__(self) -> None:
        self._mails: list[Mail] = []

    def put(self, mail: Mail) -> None:
        """Keep a mail."""
        self._mails.append(mail)

    def take(self) -> list[Mail]:
        """All since the last time."""
        mails, self._mails = self._mails, []
        return mails


def _submit(ray: Any, job: Job, mailbox: Any) -> Any:
    gpus = int(job.device.startswith("cuda"))
    task = ray.remote(num_cpus=job.recipe.threads, num_gpus=gpus)(remote_run)
    path = job.folder / CHECKPOINT
    checkpoint = read_whole(path) if path.exists() else None
    return task.options(name=job.name).remote(job, versions(), checkpoint, mailbox)


def _told(ray: Any, mailbox: Any, jobs: Iterable[Job]) -> Iterator[tuple[Job, Event]]:
    """What jobs have told; checkpoints go to their folders, and late mail of others nowhere."""
    named = {job.name: job for job in jobs}
    for name, mail in ray.get(mailbox.take.remote()):
        job = named.get(name)
        if job is not None and isinstance(mail, bytes):
            write_whole(make_folder(job.folder) / CHECKPOINT, mail)
        elif job is not None:
            yield job, mail


def _ended(ray: Any, ref: Any) -> Done | Failed:
    try:
        last = ray.get(ref)
    except ray.exceptions.RayError as error:
        return Failed(f"Ray lost it: {shorten(str(error), 300)}")
    if isinstance(last, str):
        raise RuntimeError(f"a run on the cluster failed:\n{last}")
    return last


def versions() -> dict[str, str]:
    """Of what decides on a network's bytes."""
    return {name: version(name).partition("+")[0] for name in ("mulbudget", "torch")}


def remote_run(
    job: Job, wanted: dict[str, str], checkpoint: bytes | None, mailbox: Any
) -> Done | Failed | str:
    """Do a job in a folder that is not kept; runs on a machine of the cluster."""
    found = versions()
    for name in wanted:
        if found[name] != wanted[name]:
            return Failed(
                f"{os.uname().nodename} has {name} {found[name]}, and the machine of this command "
                f"{wanted[name]}: install the same"
            )
    with tempfile.TemporaryDirectory(prefix="mulbudget-") as folder:
        here = Path(folder) / job.name
        if checkpoint is not None:
            write_whole(make_folder(here) / CHECKPOINT, checkpoint)
        own_data = os.environ.get("MULBUDGET_DATA")
        moved = replace(job, folder=here, data_dir=Path(own_data) if own_data else job.data_dir)
        try:
            last = outcome(moved, lambda event: mailbox.put.remote((job.name, event)))
        except KeyboardInterrupt:
            if (here / CHECKPOINT).exists():
                mailbox.put.remote((job.name, (here / CHECKPOINT).read_bytes()))
            raise
        if isinstance(last, Done):
            files = {name: (here / name).read_bytes() for name in FILES}
            return replace(last, files=files)
        return last
