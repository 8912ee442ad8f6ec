"""What is read from the app itself and from its metrics."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from pydantic import Field, JsonValue

from checklist.kinds.base import CheckKind, Duration, Names, Op, Params


class HttpProbe(Params):
    """One GET: its status, a subset of its JSON, and keys that must be there under `at`."""

    kind: Literal[CheckKind.HTTP_PROBE] = CheckKind.HTTP_PROBE
    url: str
    status: int = 200
    json_subset: Mapping[str, JsonValue] = Field(default_factory=dict, alias="json")
    json_has_keys: Names = ()
    at: str = ""
    tries: int = Field(default=1, ge=1)
    timeout: Duration = timedelta(seconds=5)


class HttpBurst(Params):
    """`count` equal requests in a row, of which at least `min_hits` answer `expect_status`."""

    kind: Literal[CheckKind.HTTP_BURST] = CheckKind.HTTP_BURST
    url: str
    method: Literal["GET", "POST"] = "POST"
    json_body: Mapping[str, JsonValue] = Field(default_factory=dict, alias="json")
    count: int = Field(ge=1, le=50)
    expect_status: int
    min_hits: int = Field(default=1, ge=1)


class PromQuery(Params):
    """A PromQL figure against a limit. No op: any data passes. Too few requests, or no data: inconclusive."""

    kind: Literal[CheckKind.PROM_QUERY] = CheckKind.PROM_QUERY
    query: str
    op: Op | None = None
    value: float = 0.0
    requests: str = ""  # the query that counts what the figure rests on
    min_requests: int = 0
