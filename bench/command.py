"""The `mulbudget` command, timed."""

import os
import subprocess
import sys
import time


def timed(*words: object, **environment: str) -> float:
    """Run `mulbudget` with these words and give the seconds it took; end where it fails."""
    command = [sys.executable, "-m", "mulbudget.cli.main", *map(str, words)]
    start = time.perf_counter()
    finished = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    seconds = time.perf_counter() - start
    if finished.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{finished.stdout}{finished.stderr}")
    return seconds
