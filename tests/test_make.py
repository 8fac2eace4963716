"""make: what its targets need first, and one sentence for what a machine lacks."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TARGETS = "demo test lint train verilog sim bitstream program report bench docs clean lock help"


def make(
    *arguments: str, folder: Path = ROOT, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    environment = {key: value for key, value in os.environ.items() if key not in outer}
    if path is not None:
        environment["PATH"] = path
    command = [shutil.which("make") or "make", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_help_lists_every_target_and_setting() -> None:
    text = make().stdout
    assert text == make("help").stdout
    for target in TARGETS.split():
        assert f"make {target} " in text
    for setting in (
        "RECIPE       digits",
        "MULTIPLIERS  28",
        "SEED         0",
        "BOARD        ulx3s",
        "CLOCK ",
    ):
        assert setting in text


@pytest.mark.parametrize(
    ("target", "steps"),
    [
        ("train", ["train digits"]),
        ("verilog", ["train digits", "verilog"]),
        ("sim", ["train digits", "sim"]),
        ("bitstream", ["train digits", "bitstream"]),
        ("program", ["train digits", "bitstream", "program"]),
        ("report", ["train digits", "report"]),
        ("demo", ["train digits", "show", "verilog", "sim", "bitstream", "summary"]),
    ],
)
def test_a_target_makes_what_it_needs_first(tmp_path: Path, target: str, steps: list[str]) -> None:
    text = make(
        "-n", "-W", "requirements.lock", target, f"OUT={tmp_path}", "BOARD=icebreaker"
    ).stdout
    places = [text.index(f"bin/mulbudget {step} ") for step in steps]
    assert places == sorted(places)
    assert text.index("requirements.lock") < places[0]


def test_a_clock_has_a_folder_of_its_own(tmp_path: Path) -> None:
    text = make("-n", "program", f"OUT={tmp_path}", "BOARD=icebreaker", "CLOCK=24").stdout
    assert f"--board icebreaker --clock 24 --out {tmp_path}/icebreaker-24/" in text
    assert f"bin/mulbudget program {tmp_path}/icebreaker-24/ --board icebreaker" in text
    assert "--clock" not in make("-n", "program", f"OUT={tmp_path}", "BOARD=icebreaker").stdout


def test_only_the_bench_installs_what_it_compares_with() -> None:
    assert "-e '.[peers,qat]'" in make("-n", "-W", "requirements.lock", "bench").stdout
    for target in ("test", "lint", "demo"):
        assert "peers" not in make("-n", "-W", "requirements.lock", target).stdout


def test_what_is_made_is_not_made_again(tmp_path: Path) -> None:
    made = [tmp_path / "network.spn", tmp_path / "verilog" / "digits.v"]
    for path in made:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    text = make("-n", "verilog", f"OUT={tmp_path}", "-o", ".venv/bin/ready").stdout
    assert "bin/mulbudget" not in text
    later = ROOT.joinpath("hw", "plan.py").stat().st_mtime - 10
    os.utime(made[1], (later, later))
    text = make("-n", "verilog", f"OUT={tmp_path}", "-o", ".venv/bin/ready").stdout
    assert "bin/mulbudget verilog " in text
    assert "bin/mulbudget train " not in text


@pytest.mark.parametrize("missing", ["python3", "perl", "g++"])
def test_a_missing_tool_is_one_sentence(tmp_path: Path, missing: str) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "cmp", "perl", "python3", "g++"):
        place = shutil.which(name)
        if place and name != missing:
            (tools / name).symlink_to(place)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    result = make("lint", folder=tmp_path, path=str(tools))
    assert result.returncode == 2
    first = f"mulbudget needs {missing}: install it with 'apt-get install {missing}'"
    assert result.stderr.splitlines()[0] == first
    assert not (tmp_path / ".venv").exists()


def test_another_lock_makes_another_environment(tmp_path: Path) -> None:
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    same = tmp_path / ".venv" / "requirements.lock"
    shutil.copy(ROOT / "requirements.lock", same)
    os.utime(same, (0, 0))
    assert make(".venv/requirements.lock", folder=tmp_path).returncode == 0
    assert same.stat().st_mtime > 0
    with (tmp_path / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    os.utime(same, (0, 0))
    result = make("PYTHON=no-python", ".venv/requirements.lock", folder=tmp_path)
    assert "mulbudget needs no-python" in result.stderr
