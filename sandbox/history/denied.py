"""Deny by default: who has no part in a deployment changes nothing, and every "no" is written down."""

from collections import Counter
from collections.abc import Iterator, Mapping

from sandbox.history.payloads import DECISIONS, READS, SEVERAL, asked_by
from sandbox.history.reading import Entry, History
from sandbox.slack.wire import Object

_ENGINEER, _APPROVER = ("deploy-engineer",), ("approver",)
_MAY: Mapping[str, tuple[str, ...]] = {
    "deployment.opened": _ENGINEER,
    "approval.requested": _ENGINEER,
    "deployment.started": _ENGINEER,
    "deployment.retried": _ENGINEER,
    "deployment.rejected": _APPROVER,
    "item.waived": _APPROVER,
    "step.skipped": _APPROVER,
    "deployment.finished": _APPROVER,
    "deployment.abandoned": (*_ENGINEER, *_APPROVER),
    "drift.acknowledged": (*_ENGINEER, "on-call", *_APPROVER),
    "rollback.started": (*_ENGINEER, "rollback-owner", "on-call", *_APPROVER),
}
_BY_ITS_ROLE = {"item.confirmed", "item.attested", "item.failed", "step.attested"}
_NOT_BY_THE_REQUESTER = {"item.waived", "step.skipped", "deployment.finished"}
_VERBS = {*DECISIONS.values(), "undo", *SEVERAL, *READS}
_OURSELVES = "bot"


def nobody_does_what_they_may_not(history: History) -> Iterator[str]:
    """I23: a decision is of someone whose roles allow it; of anybody else there are refusals alone."""
    if not history.checklist:
        return
    opened = {entry.deployment: entry for entry in history.of("deployment.opened")}
    for entry in history.record:
        if entry.by == _OURSELVES or entry.kind == "ask.refused":
            continue
        if entry.by not in history.checklist_at(entry)["people"]:
            yield f"entry {entry.seq}: {entry.kind} by {entry.by}, whom nobody knows"
        elif not _may(history, entry) and not _gives_up_their_own(entry, opened):
            yield f"entry {entry.seq}: {entry.kind} by {entry.by}, whose roles do not allow it"
        elif entry.kind == "approval.withdrawn" and _takes_back_anothers(history, entry):
            yield f"entry {entry.seq}: {entry.kind} by {entry.by}, who had not signed"
        elif entry.kind in _NOT_BY_THE_REQUESTER and entry.by == opened[entry.deployment].by:
            yield f"entry {entry.seq}: {entry.kind} by {entry.by}, who had asked for the deployment"


def _may(history: History, entry: Entry) -> bool:
    if entry.kind in _BY_ITS_ROLE:
        name = str(entry.body.get("item") or entry.body.get("step"))
        role = _roles_of_lines(history.checklist_at(entry)).get(name)
        return role is None or history.holds(entry, (role,))
    return entry.kind not in _MAY or history.holds(entry, _MAY[entry.kind])


def _takes_back_anothers(history: History, withdrawn: Entry) -> bool:
    """Whoever signed may take the signature back, whatever roles they hold by then; nobody else may."""
    signatures = [entry for entry in history.of("deployment.approved") if entry.deployment == withdrawn.deployment]
    return [entry.by for entry in signatures if entry.seq < withdrawn.seq][-1:] != [withdrawn.by]


def _gives_up_their_own(entry: Entry, opened: Mapping[str, Entry]) -> bool:
    """Whoever asked for a deployment or was to carry it out may abandon it, whatever roles they hold by then."""
    opening = opened.get(entry.deployment)
    theirs = opening is not None and entry.by in {opening.by, opening.body.get("engineer")}
    return entry.kind == "deployment.abandoned" and theirs


def _roles_of_lines(checklist: Mapping[str, Object]) -> Mapping[str, str]:
    """The role of each item and step that names one."""
    sections: list[Object] = [*checklist.get("sections", [])]
    lines = [item for section in sections for item in section["items"]] + [*checklist.get("rollback", [])]
    return {line["id"]: line["role"] for line in lines if "role" in line}


def every_no_is_written_down(history: History) -> Iterator[str]:
    """I23: whoever is nobody here, and whatever is no verb, leaves a refusal when it asks for more than a look."""
    if not history.checklist:
        return
    refused = Counter((entry.by, _verb(entry)) for entry in history.of("ask.refused"))
    for asked in asked_by(history):
        nobody = asked.person not in history.checklist["people"] and asked.verb not in READS
        told = refused[asked.user, asked.verb] + refused[asked.person, asked.verb]
        if asked.acked and (nobody or asked.verb not in _VERBS) and not told:
            yield f"payload {asked.n}: {asked.user} asked for {asked.verb}, and no refusal was written down"


def _verb(refusal: Entry) -> str:
    return str(refusal.body["verb"]).split(" ")[0].lower()
