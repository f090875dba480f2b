"""What the texts of a spec say of its nodes: `{{.Nodes.srv.Ip}}` as the seed writes it, `{{ nodes.srv.ip }}` as we do. Pure.

In a shell line nothing else is a template, and what is put in cannot be read as shell; elsewhere `params` and `results` may
be named as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from jinja2 import Environment, TemplateError, nodes

from dags.specs.faults import short, suggestion

FACTS = ("name", "ip", "hostname")
NAMES = frozenset({"nodes", "params", "results", "report_url"})
MAX_TEMPLATE = 64 * 1024  # characters, as of any template
OWN = "its own"  # the node that a task runs on, until that is known

_GO = re.compile(r"\{\{-?\s*\.Nodes?(?:\.(\w+))?\.(ip|name|hostname)\s*-?\}\}", re.IGNORECASE)
_NODE = re.compile(r"""\{\{-?\s*nodes(?:\.(\w+)|\[(?:"([^"\\]*)"|'([^'\\]*)')\])\.(\w+)\s*-?\}\}""")
_OPENING = re.compile(r"\{[{%#]|\{\Z")  # of a template, or half of it, and the other half may follow
_PLAIN = re.compile(r"[A-Za-z0-9._:-]+")
_environment = Environment(autoescape=True)  # which reads texts, and renders none


class NotPlain(ValueError):
    """A node's fact cannot stand in a shell line."""


def translated(text: str, own: str = OWN) -> str:
    """Return a text in which nodes are named in our way; `own` is the one that it is for: `{{.Node.Ip}}` names that."""

    def named(found: re.Match[str]) -> str:
        name = found[1] or own
        return f"{{{{ nodes{f'.{name}' if name.isidentifier() else f'[{name!r}]'}.{found[2].lower()} }}}}"

    return _GO.sub(named, text)


def filled(line: str, known: Mapping[str, Mapping[str, str]]) -> str:
    """Return a shell line with the facts of its nodes put in; raise `NotPlain` for one that the shell could misread."""

    def fact(found: re.Match[str]) -> str:
        value = str(known[found[1] or found[2] or found[3]][found[4]])
        if not is_plain(value):
            raise NotPlain(f"{short(value)} cannot be put into a shell line.")
        return value

    return _NODE.sub(fact, line)


def in_configs(line: str) -> str:
    """Return a shell line as text of configs: what would be a template there, and is none in a line, is said by one."""
    said, end = "", 0
    for found in _NODE.finditer(line):
        said += _literal(line[end : found.start()]) + found[0]
        end = found.end()
    return said + _literal(line[end:])


def _literal(text: str) -> str:
    return _OPENING.sub(lambda found: f"{{{{ '{found[0]}' }}}}", text)


def is_plain(value: str) -> bool:
    """Tell whether a shell reads this as nothing but itself."""
    return bool(_PLAIN.fullmatch(value))


def faults_of_line(line: str, known: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with the templates in a line that is split into words."""
    for expression in _expressions(translated(line)):
        found = _NODE.fullmatch(expression)
        if found:
            yield from _unknown(found[1] or found[2] or found[3], found[4], known)
        else:
            told = "A command line may name nodes alone, as {{ nodes.srv.ip }} does; anything else is for env."
            yield f"{told} Not {short(expression)}."


def _expressions(line: str) -> Iterator[str]:
    """Yield what stands in double braces; a search by a pattern would take the square of the line's length."""
    start = line.find("{{")
    while start >= 0 and (end := line.find("}}", start)) >= 0:
        yield line[start : end + 2]
        start = line.find("{{", end + 2)


def faults_of_text(text: str, known: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with the templates in any other text."""
    if not is_template(text):
        return
    if len(text) > MAX_TEMPLATE:
        yield f"A template may have {MAX_TEMPLATE} characters at most."
        return
    try:
        yield from list(_faults_of_tree(_environment.parse(translated(text)), known))
    except TemplateError as error:
        yield f"This template cannot be read: {error}."
    except RecursionError:
        yield "This template is nested too deeply."


def is_template(text: str) -> bool:
    """Tell whether a text outside of shell lines is one."""
    return any(mark in text for mark in ("{{", "{%", "{#"))


def _faults_of_tree(tree: nodes.Template, known: Collection[str]) -> Iterator[str]:
    if any(not isinstance(statement, nodes.Output | nodes.If) for statement in tree.find_all(nodes.Stmt)):
        yield "A template may hold {{ expressions }} and {% if %}, and no other statements."
    named = list(_named(tree))
    for name, fact in named:
        yield from _unknown(name, fact, known)
    names = [name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"]
    if names.count("nodes") > len(named):
        yield "Say a node and what of it: {{ nodes.srv.ip }}."
    for name in dict.fromkeys(names):
        if name not in NAMES:
            yield f"There is no {short(name)}: a template may name {', '.join(sorted(NAMES))}."


def _named(tree: nodes.Template) -> Iterator[tuple[str, str]]:
    """Yield each node that is named, and what is asked of it."""
    steps: Iterator[Any] = tree.find_all((nodes.Getattr, nodes.Getitem))
    for outer in steps:
        inner = outer.node
        if (
            isinstance(inner, nodes.Getattr | nodes.Getitem)
            and isinstance(inner.node, nodes.Name)
            and inner.node.name == "nodes"
        ):
            yield _step(inner), _step(outer)


def _step(at: Any) -> str:
    if isinstance(at, nodes.Getattr):
        return at.attr
    return str(at.arg.value) if isinstance(at.arg, nodes.Const) else "?"


def _unknown(name: str, fact: str, known: Collection[str]) -> Iterator[str]:
    if name not in known and name != OWN:
        yield f"There is no node {short(name)}.{suggestion(name, known)}"
    if fact not in FACTS:
        yield f"A node has {', '.join(FACTS)}, and no {short(fact)}."
