"""Small files named by duty, small functions, imports that point down."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.architecture import sources

MAX_FILE = 300  # lines
MAX_FUNCTION = 40  # lines
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "base", "core", "lib", "tools"}


def test_imports_point_down() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=sources.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_package_is_under_the_import_contract() -> None:
    contract = (sources.ROOT / "pyproject.toml").read_text()
    # The example is an app like a user's own: it may import whatever it likes.
    assert [package for package in sources.PACKAGES if f'"{package}"' not in contract and package != "examples"] == []


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {str(file): len(sources.text(file).splitlines()) for file in sources.files()}
    assert {file: lines for file, lines in lengths.items() if lines > MAX_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{file}:{node.lineno} {node.name}": length
        for file in sources.files()
        for node in sources.nodes(file)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION
    }
    assert long == {}


def test_no_module_is_named_after_nothing() -> None:
    assert [str(file) for file in sources.files() if {file.stem, *file.parent.parts} & NAMELESS] == []


def test_no_function_imports_the_projects_own_modules() -> None:
    """An import inside a function would dodge a circle that the layers forbid."""
    hidden = [
        f"{file}:{inner.lineno}"
        for file in sources.files()
        # In apps.py Django asks for it: models are not loaded before `ready`. The command has to answer soon.
        if file.name != "apps.py" and file.parts[0] != "celeriac"
        for node in sources.nodes(file)
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.ImportFrom) and (inner.module or "").split(".")[0] in sources.PACKAGES
    ]
    assert hidden == []
