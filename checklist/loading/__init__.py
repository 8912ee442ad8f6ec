"""Reads checklist.yml. A file with anything wrong in it is refused whole, with every problem and its line."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, ValidationError

from checklist.definition import Checklist
from checklist.loading import advice, document, rules
from checklist.loading.build import build
from checklist.loading.shape import FileShape

__all__ = ["ChecklistInvalid", "Problem", "load", "parse"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in the file, and what to write instead."""

    file: str
    line: int
    message: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}. Instead: {self.instead}"


class ChecklistInvalid(Exception):
    """The file cannot be used; `problems` are all that was found, in the order of its lines."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def load(path: Path) -> Checklist:
    """The checklist in a file. Raises ChecklistInvalid, also when there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        problem = Problem(str(path), 1, f"cannot be read: {error.strerror}", "the path of a checklist.yml")
        raise ChecklistInvalid((problem,)) from error
    except UnicodeDecodeError as error:
        raise ChecklistInvalid((Problem(str(path), 1, "is not UTF-8", "the file saved as UTF-8"),)) from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Checklist:
    """The checklist in a text; `name` is the file's name for its problems. Raises ChecklistInvalid."""
    read = document.read(text)
    problems = [Problem(name, fault.line, fault.message, fault.instead) for fault in read.faults]
    if problems and read.content is None:
        raise ChecklistInvalid(tuple(sorted(problems)))
    shape, breaches = _shaped(read)
    for path, message, instead in breaches:
        where = advice.place(path, read.content)
        problems.append(Problem(name, read.line(path), f"{where}: {message}", instead))
    if problems or shape is None:
        raise ChecklistInvalid(tuple(sorted(problems)))
    return build(shape, revision(read.content))


def revision(content: JsonValue) -> str:
    """SHA-256 over the content's canonical JSON: comments, order of keys and layout do not count."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _shaped(read: document.Document) -> tuple[FileShape | None, list[rules.Breach]]:
    try:
        shape = FileShape.model_validate_json(json.dumps(read.content), strict=True)
    except ValidationError as error:
        return None, list(advice.explained(error, read))
    return shape, list(rules.breaches(shape))
