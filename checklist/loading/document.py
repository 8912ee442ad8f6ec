"""The YAML of a checklist file: plain values, and the line on which each was written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from pydantic import JsonValue

Path = tuple[str | int, ...]  # ("people", "alem", "slack", 0)

_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = {_TAG + name for name in ("map", "seq", "str", "int", "float", "bool", "null")}
_BOOL = (_TAG + "bool", re.compile(r"(?:true|false)$"))
_INT = (_TAG + "int", re.compile(r"[-+]?(?:0|[1-9][0-9]*)$"))
_FLOAT = (_TAG + "float", re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+$"))
_NULL = (_TAG + "null", re.compile(r"(?:null|~|)$"))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at a place of the document, and what to write there."""

    line: int
    message: str
    instead: str


@dataclass(slots=True)
class Document:
    """A file's values as JSON knows them, with the line of each path."""

    content: JsonValue = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def _loader(text: str) -> yaml.SafeLoader | yaml.CSafeLoader:
    """YAML 1.2's core types only: NO is a country, 12:30 a time and 2026-12-24 a date, all of them text.

    By libyaml where it is there: six times faster, and it takes a tab for a space in places where the other does not.
    """
    loader = yaml.CSafeLoader(text) if yaml.__with_libyaml__ else yaml.SafeLoader(text)
    loader.yaml_implicit_resolvers = {
        **{first: [_BOOL] for first in "tf"},
        **{first: [_INT, _FLOAT] for first in "-+0123456789"},
        **{first: [_NULL] for first in ("n", "~", "")},
    }
    return loader


def read(text: str) -> Document:
    """The document with every fault that YAML itself lets pass. With such a fault `content` may be None."""
    document = Document()
    try:
        loader = _loader(text)
        node = loader.get_single_node()
        document.faults.extend(_walk(node, (), document.lines, set()))
        if not any(fault.instead.startswith("write it out") for fault in document.faults):
            document.content = loader.construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        document.faults.append(Fault(line, f"not YAML: {error.problem}", "mend the indentation, quotes or brackets"))
    except yaml.reader.ReaderError as error:
        document.faults.append(Fault(1, f"not YAML: {error.reason}", "remove the character"))
    return document


def _walk(node: yaml.Node | None, path: Path, lines: dict[Path, int], seen: set[int]) -> Iterator[Fault]:
    """Note the line of everything under a node, and yield what must not be there."""
    if node is None:
        return
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    again = id(node) in seen
    seen.add(id(node))
    if node.tag not in _PLAIN_TAGS:
        yield Fault(line, f"the tag {node.tag.removeprefix(_TAG)!r}", "write it out as plain text, a list or a mapping")
    elif again:
        yield Fault(line, "an alias of something above", "write it out again")
    elif isinstance(node, yaml.MappingNode):
        yield from _walk_mapping(node, path, lines, seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _walk(child, (*path, index), lines, seen)


def _walk_mapping(node: yaml.MappingNode, path: Path, lines: dict[Path, int], seen: set[int]) -> Iterator[Fault]:
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = str(key.value)
        if key.tag != _TAG + "str":
            yield Fault(line, f"the key {name!r} is not text", "write it out in quotes")
        elif (*path, name) in lines:
            yield Fault(line, f"the key {name!r} comes twice; first on line {lines[(*path, name)]}", "keep one of them")
        else:
            lines[(*path, name)] = line
        yield from _walk(value, (*path, name), lines, seen)
