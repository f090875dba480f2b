"""Documents in files: YAML, of which JSON is a part, several to a file."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from celeriac.declaring import reading
from celeriac.declaring.documents import Document, brief
from celeriac.declaring.reading import BadDocument

SUFFIXES = {".yaml", ".yml", ".json"}
STDIN = "-"


def read(names: Iterable[str]) -> list[Document]:
    """Return the documents of files, of all files in folders, and of stdin for `-`; raise `BadDocument` naming the file."""
    found = [document for name in names for file in _files(name) for document in _documents(file)]
    if not found:
        raise BadDocument("There is no job in these files.")
    named = Counter((one["project"], one["name"]) for one in found)
    twice = [name for (_, name), count in named.items() if count > 1]
    if twice:
        raise BadDocument(f"Two documents are of the job {twice[0]!r}.")
    return found


def write(documents: Iterable[Document]) -> str:
    """Return documents as YAML."""
    return yaml.dump_all(
        map(brief, documents), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, explicit_start=False
    )


def _files(name: str) -> Iterator[str]:
    path = Path(name)
    if name == STDIN or not path.is_dir():
        yield name
        return
    yield from (str(file) for file in sorted(path.rglob("*")) if file.suffix in SUFFIXES)


def _documents(name: str) -> Iterator[Document]:
    try:
        text = sys.stdin.read() if name == STDIN else Path(name).read_text(encoding="utf-8")
        told = [one for one in yaml.load_all(text, Loader=_Loader) if one is not None]  # _Loader is a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BadDocument(f"{name}{line}: {error.problem}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadDocument(f"{name}: not YAML: {' '.join(str(error).split())}") from None
    for one in told:
        try:
            yield reading.whole(one)
        except BadDocument as error:
            raise BadDocument(f"{name}: {error}") from None


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice: one of the two would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen and isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} is there twice", problem_mark=key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as such."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _list(dumper: yaml.SafeDumper, found: list[Any]) -> yaml.SequenceNode:
    """Write a few words in one line: after: [fetch, clean]."""
    words = all(isinstance(one, str) and "\n" not in one for one in found)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", found, flow_style=words)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
