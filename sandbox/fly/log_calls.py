"""The logs of an app over HTTP: a hundred lines a page, from a moment that the caller may choose."""

from datetime import datetime, timedelta

from sandbox.fly.calls import Call, Reply
from sandbox.fly.documents import Json
from sandbox.fly.errors import Refused

PAGE = 100
NEWEST = timedelta(hours=24)
_BILLION = 1_000_000_000


async def list_logs(call: Call) -> Reply:
    """Lines after `next_token`, a Unix time in nanoseconds; 401 also for an app that the token cannot see."""
    app = call.platform.apps.get(call.params["app"])
    if app is None or call.token.writes or not call.headers.get("Authorization", "").startswith("FlyV1 "):
        raise Refused(401, "Authenticate: token validation error")
    begin = _begin(call)
    page = [(at, line) for at, line in _dated(app.log_lines) if at > begin and _wanted(call, line)][:PAGE]
    documents = [_document(at, line) for at, line in page]
    return Reply({"data": documents, "meta": {"next_token": str(page[-1][0] if page else begin)}})


def _begin(call: Call) -> int:
    token = call.query.get("next_token") or ""
    if token and not token.isdecimal():
        raise Refused(400, "next_token must be a number of nanoseconds")
    return int(token) if token else _nanoseconds(call.platform.clock.now() - NEWEST)


def _wanted(call: Call, line: Json) -> bool:
    return all(call.query.get(key) in (None, "", line[key]) for key in ("instance", "region"))


def _dated(lines: list[Json]) -> list[tuple[int, Json]]:
    """The lines in the order in which they were said, each at a nanosecond of its own."""
    dated: list[tuple[int, Json]] = []
    for line in sorted(lines, key=lambda line: str(line["timestamp"])):
        at = _nanoseconds(datetime.fromisoformat(line["timestamp"]))
        dated.append((max(at, dated[-1][0] + 1) if dated else at, line))
    return dated


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp()) * _BILLION + at.microsecond * 1000


def _document(at: int, line: Json) -> Json:
    where = {"instance": line["instance"], "region": line["region"]}
    meta = {**where, "event": {"provider": "app"}}
    return {"id": str(at), "type": "log", "attributes": {**line, "meta": meta}}
