"""Runs side by side on this machine, each in a process of its own."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from mulbudget.sweep.grid import Job
from mulbudget.sweep.work import Done, Event, Failed, Note, Progress, outcome

_PATIENCE = 120
"""Seconds that interrupted runs have for their checkpoints."""


def processes_by_default(job: Job) -> int:
    """So many that each has its processors; one where a GPU trains."""
    if job.device.startswith("cuda"):
        return 1
    return max(1, len(os.sched_getaffinity(0)) // job.recipe.threads)


def run_here(jobs: Sequence[Job], processes: int) -> Generator[tuple[Job, Event]]:
    """Do jobs, so many at a time; each ends with `Done` or `Failed`.

    Closing the generator interrupts the runs, and they keep their checkpoints. A process that is
    killed fails its own run only.

    Raises
    ------
    RuntimeError
        With the traceback of a run, where that is a bug.
    """
    left = list(jobs)
    running: dict[Connection, tuple[Job, BaseProcess]] = {}
    resource_tracker.ensure_running()  # it would let interrupts through while a run starts
    try:
        while left or running:
            while left and len(running) < processes:
                with _interrupts_wait():  # until the run is one of those that are ended
                    pipe, process = _start(left[0])
                    running[pipe] = left.pop(0), process
            ready = wait(list(running))
            for pipe in [each for each in running if each in ready]:
                job, process = running[pipe]
                event = _received(pipe, process)
                if isinstance(event, Done | Failed):
                    process.join()
                    del running[pipe]
                yield job, event
    finally:
        _interrupt([process for _, process in running.values()])


def _start(job: Job) -> tuple[Connection, BaseProcess]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, theirs), name=job.name, daemon=True)
    process.start()
    theirs.close()
    return ours, process


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Ctrl-C comes afterwards; a process that is started meanwhile begins without it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _received(pipe: Connection, process: BaseProcess) -> Event:
    try:
        event = pipe.recv()
    except EOFError:
        process.join()
        code = process.exitcode or 0
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        return Failed(f"its process {how}; with fewer --jobs there is more memory for each")
    if isinstance(event, str):
        raise RuntimeError(f"run {process.name} failed:\n{event}")
    return event


def _interrupt(processes: Sequence[BaseProcess]) -> None:
    """Interrupt runs, and wait until they have written their checkpoints."""
    try:
        for process in processes:
            if process.is_alive() and process.pid is not None:
                os.kill(process.pid, signal.SIGINT)
        end = time.monotonic() + _PATIENCE
        for process in processes:
            process.join(max(0.0, end - time.monotonic()))
    finally:
        for process in processes:
            process.kill()


def _work(job: Job, pipe: Connection) -> None:
    """Do a job in a process of its own, and tell through `pipe`; text is a traceback."""
    try:
        # Ctrl-C on the terminal is for the parent, which interrupts each run once.
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # nohup and the like ignore it
        threading.Thread(target=_end_with_parent, daemon=True).start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

        def tell(event: Progress | Note) -> None:
            try:
                pipe.send(event)
            except OSError as error:  # nobody reads any more
                raise KeyboardInterrupt from error

        last = outcome(job, tell)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return
    pipe.send(last)


def _end_with_parent() -> None:
    """Interrupt this process when its parent has ended, however that was."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGINT)
