"""Secrets that were planted: none of them may turn up where people or programs read."""

import json
from collections.abc import Iterator

from sandbox.history.reading import History
from sandbox.slack.wire import Object


def no_secret_was_told(history: History) -> Iterator[str]:
    """I19: no secret stands in the record, in any other table, in Slack, or in what was asked of Fly.io."""
    if not history.secrets:
        return
    for where, text in _texts(history):
        if any(secret in text for secret in history.secrets):
            yield f"{where} holds a secret"


def _texts(history: History) -> Iterator[tuple[str, str]]:
    for entry in history.record:
        yield f"entry {entry.seq} ({entry.kind})", f"{entry.by} {_plain(entry.body)}"
    for cell in history.cells:
        yield cell.where, cell.text
    for said in history.slack:
        yield f"message {said['n']} ({said['method']})", _plain([said["request"], said["response"]])
    for asked in history.fly:
        yield f"request {asked['n']} ({asked['method']} {asked['path']})", _plain(_asked(asked))


def _asked(entry: Object) -> list[object]:
    """What was said to Fly.io, but for a machine's own configuration, which goes back as it came."""
    body = entry["body"]
    rest = {key: value for key, value in body.items() if key != "config"} if isinstance(body, dict) else body
    return [entry["path"], entry.get("query"), rest]


_plain = json.JSONEncoder(ensure_ascii=False, default=str).encode
