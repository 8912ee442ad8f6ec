"""What pydantic found, in the words of whoever writes the checklist file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast, get_args

from pydantic import BaseModel, JsonValue, ValidationError

from checklist.kinds import AnyParams, CheckKind, Params
from checklist.kinds.base import Wrong, near
from checklist.loading import shape
from checklist.loading.document import Document, Path
from checklist.loading.rules import Breach

EXAMPLES = {
    "string_type": "text, in quotes if it looks like a number",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list: [one, two]",
    "dict_type": "a mapping: key: value",
    "mapping_type": "a mapping: key: value",
    "model_type": "a mapping: key: value",
    "date_type": "a date: 2026-12-31",
    "date_parsing": "a date: 2026-12-31",
    "string_too_short": "some words",
    "too_short": "at least one",
    "time_delta_type": "30s, 15m, 24h or 2d",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One error as pydantic tells it."""

    type: str
    location: Path
    message: str
    given: object
    context: Mapping[str, object]


def explained(error: ValidationError, document: Document) -> Iterator[Breach]:
    """Each error once: where in the document, what is wrong, what to write instead."""
    seen: set[tuple[Path, str]] = set()
    for each in error.errors(include_url=False):
        found = Found(each["type"], each["loc"], each["msg"], each["input"], each.get("ctx", {}))
        path = written(found.location, document)
        message, instead = _said(found)
        echo = found.type == "too_short" and (*path, 0) in document.lines  # the list's own parts are what is wrong
        if not echo and (path, message) not in seen:
            seen.add((path, message))
            yield path, message, instead


def written(location: Path, document: Document) -> Path:
    """The location without what the file does not hold: names of models and kinds, keys that are missing."""
    path: Path = ()
    for part in location:
        if (*path, part) in document.lines:
            path = (*path, part)
    return path


def _said(found: Found) -> tuple[str, str]:
    """What is wrong, and what to write instead."""
    name = str(found.location[-1]) if found.location else "the file"
    match found.type:
        case "extra_forbidden":
            return f"unknown key {name!r}", _another_key(name, found.location)
        case "missing":
            return f"{name!r} is missing", f"add `{name}: …`"
        case "union_tag_not_found":
            return "'kind' is missing", f"add `kind: …`, one of {', '.join(CheckKind)}"
        case "union_tag_invalid":
            kind = str(found.context["tag"])
            return f"unknown kind {kind!r}", near(kind, CheckKind, f"one of {', '.join(CheckKind)}")
        case "enum" | "literal_error":
            return _not_one_of(found.given, str(found.context["expected"]))
        case _:
            return _otherwise(found)


def _not_one_of(given: object, expected: str) -> tuple[str, str]:
    words = re.findall(r"'([^']*)'", expected) or [expected]
    return f"{given!r} is not known here", near(str(given), words, f"one of {', '.join(words)}")


def _otherwise(found: Found) -> tuple[str, str]:
    match found.context:
        case {"error": Wrong() as wrong}:
            return str(wrong), wrong.instead
        case {"pattern": pattern}:
            return found.message, f"text of the form {pattern}"
        case {"ge": least}:
            return found.message, f"{least} or more"
        case {"le": most}:
            return found.message, f"{most} or less"
        case _:
            return found.message, EXAMPLES.get(found.type, "something of the right form")


def _another_key(name: str, location: Path) -> str:
    """The key that was meant: one of the check's own, or one of the layout's."""
    kinds = {str(params.model_fields["kind"].default): params for params in _models_of_kinds()}
    kind = next((kinds[part] for part in reversed(location) if isinstance(part, str) and part in kinds), None)
    if kind:
        keys = _keys(kind)
        return near(name, keys, f"remove it; {kind.model_fields['kind'].default} takes {', '.join(sorted(keys))}")
    layout = set[str]().union(*(_keys(model) for model in vars(shape).values() if _is_shape(model)))
    return near(name, layout, "remove it")


def _keys(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _is_shape(model: object) -> bool:
    return isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == shape.__name__


def _models_of_kinds() -> tuple[type[Params], ...]:
    union = get_args(AnyParams)[0]
    return cast(tuple[type[Params], ...], get_args(union))


def place(path: Path, content: JsonValue) -> str:
    """A path as people say it: from the innermost thing with an id, `staging-health.check.url`."""
    names: list[str] = []
    for part in path:
        content = _below(content, part)
        id = content.get("id") if isinstance(content, dict) and isinstance(part, int) else None
        names = [id] if isinstance(id, str) else [*names, str(part + 1) if isinstance(part, int) else part]
    return ".".join(names) or "the file"


def _below(content: JsonValue, part: str | int) -> JsonValue:
    if isinstance(content, dict):
        return content.get(str(part))
    if isinstance(content, list) and isinstance(part, int):
        return content[part]
    return None
