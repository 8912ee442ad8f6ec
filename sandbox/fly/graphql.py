"""As much of GraphQL as it takes to be asked by a program: one operation, aliases, arguments, variables."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Any, because a value of GraphQL is whatever the schema says: a scalar, a list, an object, or JSON.
Value = Any

_TOKEN = re.compile(r'[\s,]*(?:#[^\n]*\n[\s,]*)*([A-Za-z_]\w*|\$\w+|-?\d+|"(?:[^"\\]|\\.)*"|[{}()\[\]:!=]|$)')
_WORDS = {"true": True, "false": False, "null": None}


class Malformed(ValueError):
    """Text that is no operation, or an operation that the schema does not have."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field that was asked for; `key` is what the answer calls it."""

    key: str
    name: str
    arguments: Mapping[str, Value]
    fields: "Sequence[Field]" = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """A query or a mutation, with its variables filled in."""

    kind: str
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Node:
    """A value of an object type: plain fields, and fields that are computed from arguments."""

    type: str
    values: Mapping[str, Value] = field(default_factory=dict)
    computed: Mapping[str, Callable[..., Value]] = field(default_factory=dict)

    def select(self, fields: Sequence[Field]) -> dict[str, Value]:
        """Exactly the fields that were asked for. Raises Malformed for one that the type does not have."""
        return {one.key: _selected(self._value(one), one) for one in fields}

    def _value(self, one: Field) -> Value:
        if one.name in self.computed:
            try:
                return self.computed[one.name](**one.arguments)
            except TypeError as error:
                raise Malformed(
                    f"Field '{one.name}' doesn't accept these arguments: {', '.join(one.arguments)}"
                ) from error
        if one.name not in self.values:
            raise Malformed(f"Field '{one.name}' doesn't exist on type '{self.type}'")
        return self.values[one.name]


def parse(text: str, variables: Mapping[str, Value]) -> Operation:
    """Raises Malformed."""
    return _Parser(text, variables).operation()


def _selected(value: Value, one: Field) -> Value:
    if isinstance(value, list):
        return [_selected(item, one) for item in value]
    if isinstance(value, Node):
        if not one.fields:
            raise Malformed(f"Field must have selections (field '{one.name}' returns {value.type})")
        return value.select(one.fields)
    if one.fields and value is not None:
        raise Malformed(f"Selections can't be made on scalars (field '{one.name}')")
    return value


class _Parser:
    def __init__(self, text: str, variables: Mapping[str, Value]) -> None:
        self._tokens = _tokens(text)
        self._variables = variables
        self._next = next(self._tokens)

    def operation(self) -> Operation:
        kind = "query"
        if self._next != "{":
            kind = self._take()
            if kind not in {"query", "mutation"}:
                raise Malformed(f"Expected an operation, got {kind!r}")
            if self._next not in {"{", "("}:
                self._take()
            self._skip_declarations()
        operation = Operation(kind, self._fields())
        if self._next:
            raise Malformed(f"Unexpected {self._next!r} after the operation")
        return operation

    def _skip_declarations(self) -> None:
        if self._next == "(":
            while self._take() != ")":
                pass

    def _fields(self) -> list[Field]:
        self._expect("{")
        fields = []
        while self._next != "}":
            fields.append(self._field())
        self._take()
        return fields

    def _field(self) -> Field:
        key = name = self._name()
        if self._next == ":":
            self._take()
            name = self._name()
        arguments = self._pairs("(", ")") if self._next == "(" else {}
        return Field(key, name, arguments, self._fields() if self._next == "{" else ())

    def _pairs(self, opening: str, closing: str) -> dict[str, Value]:
        self._expect(opening)
        pairs: dict[str, Value] = {}
        while self._next != closing:
            name = self._name()
            self._expect(":")
            pairs[name] = self._value()
        self._take()
        return pairs

    def _value(self) -> Value:
        if self._next == "{":
            return self._pairs("{", "}")
        token = self._take()
        if token.startswith("$"):
            if token[1:] not in self._variables:
                raise Malformed(f"Variable {token} was not provided")
            return self._variables[token[1:]]
        if token.startswith('"'):
            return token[1:-1]
        return int(token) if token.lstrip("-").isdecimal() else _WORDS.get(token, token)

    def _name(self) -> str:
        token = self._take()
        if not token.isidentifier():
            raise Malformed(f"Expected a name, got {token!r}")
        return token

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise Malformed(f"Expected {token!r}")

    def _take(self) -> str:
        """The next token. Past the end there is nothing to take."""
        taken = self._next
        if not taken:
            raise Malformed("Unexpected end of document")
        self._next = next(self._tokens)
        return taken


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            raise Malformed(f"Unexpected character at {at}: {text[at : at + 10]!r}")
        yield match[1]
        at = match.end()
