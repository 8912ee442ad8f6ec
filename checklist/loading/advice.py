"""What pydantic found, in the words of whoever writes the checklist file."""

import re
from collections.abc import Iterator, Mapping
from typing import cast, get_args

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from checklist.kinds import BINDINGS, AnyParams, CheckKind, Params
from checklist.loading import shape
from checklist.loading.document import Document, Path
from checklist.loading.rules import Breach, near

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
    "date_from_datetime_parsing": "a date: 2026-12-31",
    "string_too_short": "some words",
    "too_short": "at least one",
    "union_tag_not_found": "`kind:` and one of the kinds of checks",
    "duration": "30s, 15m, 24h or 2d",
    "time_delta_type": "30s, 15m, 24h or 2d",
}


def explained(error: ValidationError, document: Document) -> Iterator[Breach]:
    """Each error once: where in the document, what is wrong, what to write instead."""
    seen: set[tuple[Path, str]] = set()
    for detail in error.errors(include_url=False):
        path = written(detail["loc"], document)
        message, instead = _said(detail)
        if (path, message) not in seen:
            seen.add((path, message))
            yield path, message, instead


def written(location: Path, document: Document) -> Path:
    """The location without what the file does not hold: names of models and kinds, keys that are missing."""
    path: Path = ()
    for part in location:
        if (*path, part) in document.lines:
            path = (*path, part)
    return path


def _said(detail: ErrorDetails) -> tuple[str, str]:
    name = str(detail["loc"][-1]) if detail["loc"] else "the file"
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            keys = _keys_at(detail["loc"])
            return f"unknown key {name!r}", near(name, keys, f"remove it; known here: {', '.join(sorted(keys))}")
        case "missing":
            return f"{name!r} is missing", f"add `{name}: …`"
        case "enum" | "literal_error":
            return _not_one_of(detail["input"], re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]])
        case "union_tag_invalid":
            kind = str(context["tag"])
            return f"unknown kind {kind!r}", near(kind, CheckKind, f"one of {', '.join(CheckKind)}")
        case "binding":
            named = str(context["name"])
            return f"unknown name ${{{named}}}", near(named, BINDINGS, f"one of {', '.join(sorted(BINDINGS))}")
        case _:
            return _otherwise(detail, context)


def _not_one_of(given: object, expected: list[str]) -> tuple[str, str]:
    return f"{given!r} is not known here", near(str(given), expected, f"one of {', '.join(expected)}")


def _otherwise(detail: ErrorDetails, context: Mapping[str, object]) -> tuple[str, str]:
    instead = context.get("instead") or EXAMPLES.get(detail["type"])
    if "pattern" in context:
        instead = f"text of the form {context['pattern']}"
    if "ge" in context or "le" in context:
        instead = f"{context['ge']} or more" if "ge" in context else f"{context['le']} or less"
    return detail["msg"], str(instead or "something of the right form")


def _keys_at(location: Path) -> set[str]:
    """The keys that are known where an unknown one stands: a kind's own, or any of the layout's."""
    kinds = {str(params.model_fields["kind"].default): params for params in _models_of_kinds()}
    kind = next((kinds[part] for part in reversed(location) if isinstance(part, str) and part in kinds), None)
    models = [kind] if kind else [model for model in vars(shape).values() if _is_shape(model)]
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


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
