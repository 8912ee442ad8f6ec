"""What travels between the bot and the workspace: JSON objects, and the platform's refusals."""

from collections.abc import Mapping
from typing import Any

# JSON of someone else's protocol: its shape is checked by value where a rule says so, and echoed untouched elsewhere.
Object = dict[str, Any]


class Refused(Exception):
    """The platform says no: `error` is Slack's word for it, `details` go beside it in the answer."""

    def __init__(self, error: str, *, status: int = 200, retry_after: int | None = None, **details: object) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.retry_after = retry_after
        self.details = details

    @property
    def body(self) -> Object:
        """The answer's JSON."""
        return {"ok": False, "error": self.error, **self.details}


def invalid(error: str, messages: list[str]) -> Refused:
    """A refusal that lists what is wrong the way Slack lists it."""
    return Refused(error, response_metadata={"messages": messages})


def truth(value: object) -> bool:
    """A boolean as callers send it: JSON's own, or the words of a form."""
    return value in (True, 1, "1", "true", "True")


def required(arguments: Mapping[str, object], name: str) -> str:
    """A text argument that the method cannot do without."""
    value = arguments.get(name)
    if not isinstance(value, str) or not value:
        raise invalid("invalid_arguments", [f"[ERROR] missing required field: {name}"])
    return value
