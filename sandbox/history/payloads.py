"""What Slack sent, against what came of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from sandbox import seed
from sandbox.history.reading import History
from sandbox.slack.wire import Object

# The decisions that one payload makes once at most, by the verb that asks for them.
DECISIONS: Mapping[str, str] = {
    "deployment.opened": "deploy",
    "checks.queued": "check",
    "item.confirmed": "confirm",
    "approval.requested": "submit",
    "deployment.approved": "approve",
    "deployment.rejected": "reject",
    "approval.withdrawn": "withdraw",
    "deployment.started": "start",
    "deployment.retried": "retry",
    "step.skipped": "skip",
    "deployment.finished": "finish",
    "step.attested": "attest",
    "step.confirmed": "confirm",
    "rollback.started": "rollback",
    "deployment.signed_off": "signoff",
    "deployment.abandoned": "abandon",
    "drift.acknowledged": "acknowledge",
}
# The verbs by which one payload settles several items at once.
SEVERAL = {"attest", "fail", "waive"}
# The verbs that only look.
READS = {"status", "checklist", "window", "whoami", "help", "history", ""}
_ASKED = ("slash_commands", "interactive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing that someone asked for in Slack; `acked` says that the bot had it."""

    n: int
    user: str
    person: str
    verb: str
    acked: bool


def asked_by(history: History) -> Iterator[Asked]:
    """Everything that was asked, in order."""
    for entry in _delivered(history):
        payload = entry["request"]["payload"]
        person, verb = _who_and_verb(history, payload)
        user = str(payload.get("user_id") or payload["user"]["id"])
        yield Asked(n=entry["n"], user=user, person=person, verb=verb, acked=entry["status"] == HTTPStatus.OK)


def one_effect_for_each_payload(history: History) -> Iterator[str]:
    """I11: nobody decided in Slack more often than they asked, and no handle was given twice. The shell asks nobody."""
    payloads = {_identity(entry): entry for entry in _delivered(history)}  # the same one again asks for nothing more
    asked = Counter(_who_and_effect(history, entry["request"]["payload"]) for entry in payloads.values())
    in_slack = (entry for entry in history.of(*DECISIONS) if "asserted_by" not in entry.body)
    decided = Counter((entry.by, DECISIONS[entry.kind]) for entry in in_slack)
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
    """Whether the connection ended with this ack still owed, or a new one was opened before any other ack came."""
    if delivered.get("lost"):
        return True
    for entry in history.slack:
        if entry["n"] > delivered["n"]:
            if entry["method"] == "apps.connections.open":
                return True
            if entry["kind"] == "ack":
                return False
    return False


def _identity(delivered: Object) -> object:
    """What Slack gives to one deed of a person, however often it is sent."""
    payload = delivered["request"]["payload"]
    action = (payload.get("actions") or [{}])[0]
    named = payload.get("trigger_id") or action.get("action_ts") or payload.get("view", {}).get("id")
    return (delivered["method"], named) if named else delivered["n"]


def _who_and_effect(history: History, payload: Object) -> tuple[str, str]:
    """An undo is a rollback, and either may be asked for under its own name."""
    person, verb = _who_and_verb(history, payload)
    return person, {"undo": "rollback"}.get(verb, verb)


def _who_and_verb(history: History, payload: Object) -> tuple[str, str]:
    user = str(payload.get("user_id") or payload["user"]["id"])
    people = history.checklist.get("people", {})
    named = (key for key, person in people.items() if user in person.get("slack", ()))
    person = next(named, next((one.key for one in seed.PEOPLE if one.id == user), user))
    if "command" in payload:
        return person, str(payload.get("text", "")).split(" ")[0].lower()
    if payload["type"] == "view_submission":
        return person, str(payload["view"].get("callback_id"))
    actions = payload.get("actions") or [{}]
    return person, str(actions[0].get("action_id"))
