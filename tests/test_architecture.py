"""Dependencies point downwards only, and what is installed is what the folders hold."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "spn": set(),
    "train": {"spn"},
    "hw": {"spn"},
    "schemes": {"spn", "hw", "train"},
    "sim": {"spn", "hw"},
    "boards": {"spn", "hw", "sim"},
    "report": {"spn", "hw", "boards"},
    "sweep": {"spn", "train", "hw", "boards"},
    "cli": {"spn", "train", "hw", "schemes", "sim", "boards", "report", "sweep"},
}


def imports(path: Path, *, lazy: bool = True) -> set[str]:
    """Absolute names of all modules that a file imports; without those inside functions."""
    names = set()
    for node in statements(ast.parse(path.read_text()), lazy=lazy):
        match node:
            case ast.Import():
                names |= {alias.name for alias in node.names}
            case ast.ImportFrom(module=str(module), level=0):
                names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
            case ast.ImportFrom():
                pytest.fail(f"{path}:{node.lineno} imports by a relative name")
    return names


def statements(tree: ast.AST, *, lazy: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if lazy or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            yield from statements(node, lazy=lazy)


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_those_below_it(folder: str) -> None:
    allowed = MAY_IMPORT[folder] | {folder}
    for path in sources(folder):
        ours = [name for name in imports(path) if name.partition(".")[0] == "mulbudget"]
        used = {name.split(".")[1] for name in ours if "." in name}
        assert used <= allowed, f"{path.relative_to(ROOT)} imports {sorted(used - allowed)}"


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_torch_is_imported_in_train_only(folder: str) -> None:
    for path in sources(folder):
        roots = {name.partition(".")[0] for name in imports(path)}
        assert folder == "train" or "torch" not in roots, path.relative_to(ROOT)


def test_spn_needs_numpy_and_its_file_format_only() -> None:
    for path in sources("spn"):
        roots = {name.partition(".")[0] for name in imports(path)} - sys.stdlib_module_names
        assert roots <= {"mulbudget", "numpy", "safetensors", "msgspec"}, path.relative_to(ROOT)


def test_every_package_that_is_imported_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asks = project["dependencies"] + project["optional-dependencies"]["ray"]
    asked = {re.split(r"[^\w-]", each)[0] for each in asks}
    found = packages_distributions()
    for path in (path for folder in MAY_IMPORT for path in sources(folder)):
        roots = {name.partition(".")[0] for name in imports(path)} - sys.stdlib_module_names
        for root in roots - {"mulbudget"}:
            named = {name.lower().replace("_", "-") for name in found.get(root, [root])}
            assert named & asked, f"{path.relative_to(ROOT)} imports {root}"


def test_ray_is_imported_in_one_place_when_it_is_used() -> None:
    paths = {path for folder in MAY_IMPORT for path in sources(folder)}
    assert [path.name for path in paths if "ray" in imports(path)] == ["ray_engine.py"]
    assert not any("ray" in imports(path, lazy=False) for path in paths)


def test_the_command_starts_without_what_only_some_verbs_need() -> None:
    heavy = {"torch", "sklearn", "matplotlib", "amaranth", "amaranth_boards", "cocotb", "ray"}
    script = "import sys, mulbudget.cli.app; print(*{n.partition('.')[0] for n in sys.modules})"
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not heavy & set(result.stdout.split())


def test_the_packages_are_the_folders() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {path.parent for folder in MAY_IMPORT for path in sources(folder)}
    names = {str(folder.relative_to(ROOT)).replace("/", "."): folder for folder in folders}
    assert set(setuptools["packages"]) == {f"mulbudget.{name}" for name in names}
    assert setuptools["package-dir"] == {
        f"mulbudget.{name}": str(folder.relative_to(ROOT)) for name, folder in names.items()
    }
