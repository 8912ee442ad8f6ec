"""What was sent to Fly.io, against what the record meant to send and against the leases that Fly.io gave."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus

from sandbox.history.reading import MACHINE, NONCE, ONE_OFF, Deed, History, Update, deeds
from sandbox.slack.wire import Object

_GOES_ON = ("deployment.started", "deployment.retried", "step.skipped", "deployment.finished")  # a person decided so


def an_intent_before_each_mutation(history: History) -> Iterator[str]:
    """I6: exactly one intent stands in the record before each request, and each intent is of one request."""
    used: dict[int, Update] = {}
    for update in history.updates:
        intent = history.intent_of(update)
        if intent is None:
            yield f"{update} has no intent before it"
        elif intent.seq in used:
            yield f"{update} has the same intent, entry {intent.seq}, as update {used[intent.seq].n}"
        else:
            used[intent.seq] = update


def nothing_forward_after_a_halt(history: History) -> Iterator[str]:
    """I7: after a halt nothing more is meant for production but by a new human decision."""
    halted: set[str] = set()
    for entry in history.of("deployment.halted", *_GOES_ON, "machine.update.intended", "machine.create.intended"):
        if entry.kind == "deployment.halted":
            halted.add(entry.deployment)
        elif entry.kind in _GOES_ON:
            halted.discard(entry.deployment)
        elif entry.deployment in halted and entry.is_forward:
            machine = entry.body.get("machine", "that is new")
            yield f"entry {entry.seq}: machine {machine} moves forward in a halted deployment"


def nothing_sent_twice_unread(history: History) -> Iterator[str]:
    """I8: the same version of a machine is changed again only after the machine was read."""
    last: dict[tuple[str, str], Update] = {}
    for update in history.updates:
        earlier = last.get((update.machine, update.before))
        if earlier and not _was_read(history, earlier, update):
            yield f"{update} repeats update {earlier.n}, and nobody looked in between"
        last[update.machine, update.before] = update


def _was_read(history: History, earlier: Update, later: Update) -> bool:
    return any(
        entry["method"] == "GET" and entry["status"] == HTTPStatus.OK and _machine(entry) == later.machine
        for entry in history.fly
        if earlier.n < entry["n"] < later.n
    )


def under_a_live_lease(history: History) -> Iterator[str]:
    """I9: each update names the version that it replaces, and bears the nonce of a lease that is in force."""
    for update in history.updates:
        if not update.before:
            yield f"{update} does not say which version it replaces"
        yield from _under_a_lease(history, update)


def each_deed_under_a_live_lease(history: History) -> Iterator[str]:
    """I9: so does each request that opens, closes, stops or destroys a machine that can be leased, and serves.

    Nobody can lease one whose host does not answer; one that runs a single command belongs to its launch alone.
    """
    for deed in deeds(history):
        if not _needs_no_lease(history, deed):
            yield from _under_a_lease(history, deed)


def _needs_no_lease(history: History, deed: Deed) -> bool:
    seen, newest = (history.last_seen(deed.machine, deed.when, whole=whole) or {} for whole in (True, False))
    group = ((seen.get("config") or {}).get("metadata") or {}).get("fly_process_group")
    return group in ONE_OFF or newest.get("host_status", "ok") != "ok"


def _under_a_lease(history: History, sent: Update | Deed) -> Iterator[str]:
    lease = _lease(history, sent)
    if lease is None:
        yield f"{sent} bears no nonce that was given for this machine"
    elif not _was_turned_away(history, sent) and not _in_force(history, lease, sent):
        yield f"{sent} bears the nonce of a lease that was over"


def _was_turned_away(history: History, sent: Update | Deed) -> bool:
    """By Fly.io, for its lease; or it never came so far, for a fault was planned for it."""
    asked = next(entry for entry in history.fly if entry["n"] == sent.n)
    return asked["status"] == HTTPStatus.CONFLICT or ("fault" in asked and not asked["applied"])


def _lease(history: History, sent: Update | Deed) -> Object | None:
    """The newest answer that gave this nonce for this machine, or gave it for longer."""
    given = [
        entry
        for entry in history.fly
        if entry["n"] < sent.n and _is_lease_of(sent, entry) and _data(entry).get("nonce") == sent.nonce
    ]
    return given[-1] if given else None


def _in_force(history: History, lease: Object, sent: Update | Deed) -> bool:
    released = any(
        entry["method"] == "DELETE" and _is_lease_of(sent, entry) and entry["headers"].get(NONCE) == sent.nonce
        for entry in history.fly
        if lease["n"] < entry["n"] < sent.n
    )
    ends = datetime.fromtimestamp(_data(lease)["expires_at"] + 1, UTC)  # Fly.io leaves the fraction of a second out
    return not released and sent.when < ends


def _is_lease_of(sent: Update | Deed, entry: Object) -> bool:
    path: str = entry["path"]
    return path.endswith(f"/machines/{sent.machine}/lease")


def _data(entry: Object) -> Object:
    response = entry["response"]
    data: Object = response.get("data", {}) if isinstance(response, dict) and entry["method"] == "POST" else {}
    return data


def _machine(entry: Object) -> str:
    found = MACHINE.fullmatch(entry["path"])
    return found["machine"] if found else ""
