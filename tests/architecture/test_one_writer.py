"""State has one writer: every move is a guarded UPDATE behind `runs/transitions.py`."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.architecture import sources

WRITER = Path("runs/transitions.py")
STATEMENTS = Path("runs/sql.py")  # the writer's named SQL, run by nobody else
ELSEWHERE = {
    Path("runs/rollup.py"),  # Project.state, which is derived
    Path("scheduler/readiness.py"),  # values of its own: it decides, and touches no row
}
WRITES = re.compile(r"\bSET\s+(?:\w+\s*=\s*[^,]+,\s*)*state\s*=", re.IGNORECASE)
BULK = {"update", "bulk_update", "update_or_create"}


def test_only_the_writer_assigns_a_state() -> None:
    found = [f"{file}:{line}" for file in sources.files() if file not in {WRITER, *ELSEWHERE} for line in _writes(file)]
    assert found == []


def test_only_the_named_statements_update_a_state() -> None:
    assert [str(file) for file in sources.files() if file != STATEMENTS and WRITES.search(sources.text(file))] == []


def test_the_rule_sees_what_it_forbids(tmp_path: Path) -> None:
    for line in ("run.state = 'SUCCESS'", "runs.update(state='SUCCESS')", "setattr(run, 'state', 'SUCCESS')"):
        assert list(_found(ast.parse(line))) == [1]
    assert list(_found(ast.parse("self.states = seen = state == run.state"))) == []


def _writes(file: Path) -> list[int]:
    return list(_found(ast.parse(sources.text(file))))


def _found(tree: ast.AST) -> list[int]:
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt | ast.expr) and _writes_state(node)]


def _writes_state(node: ast.stmt | ast.expr) -> bool:
    if isinstance(node, ast.Assign):
        return any(_is_state(target) for target in node.targets)
    if isinstance(node, ast.AugAssign | ast.AnnAssign):
        return _is_state(node.target)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in BULK:
        return any(keyword.arg == "state" for keyword in node.keywords)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
        return any(isinstance(argument, ast.Constant) and argument.value == "state" for argument in node.args)
    return False


def _is_state(target: ast.expr) -> bool:
    return isinstance(target, ast.Attribute) and target.attr == "state"
