"""What Slack sent, against what came of it; and what was posted, against what should be said once."""

from collections import Counter
from collections.abc import Iterator, Mapping

from sandbox import seed
from sandbox.history.reading import History
from sandbox.slack.wire import Object

# The decisions that one payload makes once at most, by the verb that asks for them.
_VERBS: Mapping[str, str] = {
    "deployment.opened": "deploy",
    "checks.queued": "check",
    "item.confirmed": "confirm",
    "approval.requested": "submit",
    "deployment.approved": "approve",
    "deployment.rejected": "reject",
    "deployment.started": "start",
    "deployment.retried": "retry",
    "step.attested": "attest",
    "rollback.started": "rollback",
    "deployment.signed_off": "signoff",
    "deployment.abandoned": "abandon",
}
_ASKED = ("slash_commands", "interactive")


def one_effect_for_each_payload(history: History) -> Iterator[str]:
    """I11: nobody decided more often than they asked, and no handle was given twice."""
    asked = Counter(_who_and_verb(entry["request"]["payload"]) for entry in _delivered(history))
    decided = Counter((entry.by, _VERBS[entry.kind]) for entry in history.of(*_VERBS))
    for (person, verb), times in decided.items():
        if times > asked[person, verb]:
            yield f"{person} decided {verb} {times} times, and asked for it {asked[person, verb]} times"
    opened = Counter(entry.deployment for entry in history.of("deployment.opened"))
    yield from (f"{handle} was opened {times} times" for handle, times in opened.items() if times > 1)


def each_payload_acked(history: History) -> Iterator[str]:
    """I11: each payload is acked, unless the connection on which it went was lost: then Slack tells the person."""
    for entry in _delivered(history):
        if entry["status"] is None and not _connection_lost(history, entry):
            yield f"payload {entry['n']} ({entry['method']}) was never acked"


def _delivered(history: History) -> Iterator[Object]:
    yield from (entry for entry in history.slack if entry["kind"] == "deliver" and entry["method"] in _ASKED)


def _connection_lost(history: History, delivered: Object) -> bool:
    """Whether the bot came back over a new connection before it acked anything more."""
    for entry in history.slack:
        if entry["n"] > delivered["n"]:
            if entry["method"] == "apps.connections.open":
                return True
            if entry["kind"] == "ack":
                return False
    return False


def _who_and_verb(payload: Object) -> tuple[str, str]:
    user = payload.get("user_id") or payload["user"]["id"]
    person = next((one.key for one in seed.PEOPLE if one.id == user), str(user))
    if "command" in payload:
        return person, str(payload.get("text", "")).split(" ")[0].lower()
    if payload["type"] == "view_submission":
        return person, str(payload["view"].get("callback_id"))
    actions = payload.get("actions") or [{}]
    return person, str(actions[0].get("action_id"))


def notices_said_once(history: History) -> Iterator[str]:
    """A message that carries an id in its metadata is stored once in Slack, whatever broke on the way."""
    stored = Counter(
        (entry["response"]["channel"], _id(entry["request"]))
        for entry in history.slack
        if entry["method"] == "chat.postMessage" and (entry["response"] or {}).get("ok")
    )
    yield from (f"“{name}” was posted {times} times" for (_, name), times in stored.items() if name and times > 1)


def _id(request: Object) -> str:
    metadata = request.get("metadata")
    payload = metadata.get("event_payload", {}) if isinstance(metadata, dict) else {}
    return str(payload.get("id", ""))
