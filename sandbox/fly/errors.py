"""How the platform says no: connect codes in front of a text, and sometimes nothing but a cut connection."""

from collections.abc import Mapping

from sandbox.fly.documents import Json

# The text before the colon is a connect code (recorded against the live API).
_CODES = {
    400: "invalid_argument: ",
    404: "not_found: ",
    408: "deadline_exceeded: ",
    409: "aborted: ",
    412: "failed_precondition: ",
    501: "unimplemented: ",
    503: "unavailable: ",
    504: "deadline_exceeded: ",
}


class Refused(Exception):
    """An answer that is an error, with the body of OpenAPI's ErrorResponse unless it is `silent`."""

    def __init__(
        self, status: int, text: str, *, silent: bool = False, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.error = _CODES.get(status, "") + text
        self.silent = silent
        self.headers = headers or {}

    def body(self) -> Json | None:
        return None if self.silent else {"error": self.error, "status": "unknown"}


class Cut(Exception):
    """The connection ends without an answer; `applied` says whether the request took effect."""

    def __init__(self, *, applied: bool) -> None:
        super().__init__("the connection was cut")
        self.applied = applied
