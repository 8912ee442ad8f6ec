"""What was done in the deployments of a record, by name: what chance is to have come upon, and not only might have."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from checklist.rollout import FORWARD
from checklist.words import MigrateWhen
from sandbox.slack.wire import Object

SEEN = frozenset(
    {
        *(f"{strategy} to the end" for strategy in FORWARD),
        *(f"migrated {when} the rollout" for when in MigrateWhen),
        "a migration failed",
        "migrated back",
        "rolled back",
        "undone",
        "brought back beyond the point of no return",
        "new machines given up before it",
        "waived",
        "skipped",
        "finished outside of the window",
        "withdrawn",
        "voided",
        "drift acknowledged",
    }
)
_ALONE = {
    "item.waived": "waived",
    "step.skipped": "skipped",
    "deployment.finished": "finished outside of the window",
    "approval.withdrawn": "withdrawn",
    "approval.voided": "voided",
    "drift.acknowledged": "drift acknowledged",
}


@dataclass(slots=True)
class _Passage:
    """One deployment, as far as it was read."""

    plan: Object = field(default_factory=dict)
    restores: str = ""
    made: bool = False  # new machines, beside the old ones
    no_return: bool = False


def deeds(entries: Iterable[Object]) -> Iterator[str]:
    """Each deed of the record, as often as it was done."""
    passages: dict[str, _Passage] = {}
    for entry in entries:
        passage, kind, body = passages.setdefault(entry["deployment"] or "", _Passage()), entry["kind"], entry["body"]
        if kind in _ALONE:
            yield _ALONE[kind]
        elif kind == "approval.requested":
            passage.plan = body["content"]
        elif kind == "deployment.deployed":
            yield f"{passage.plan['strategy']} to the end"
        elif kind == "migration.settled":
            yield _migrated(passage, body)
        elif kind == "rollback.started":
            passage.restores = body["restores"]
        elif kind == "rollback.completed":
            yield from _brought_back(passage)
        passage.made |= kind == "machine.create.settled"
        passage.no_return |= kind == "no_return.passed"


def _migrated(passage: _Passage, body: Object) -> str:
    if body["result"] != "succeeded":
        return "a migration failed"
    return "migrated back" if body["step"].startswith("rb-") else f"migrated {passage.plan['migrate']} the rollout"


def _brought_back(passage: _Passage) -> Iterator[str]:
    yield "undone" if passage.restores == "config" else "rolled back"
    if passage.no_return:
        yield "brought back beyond the point of no return"
    elif passage.made:
        yield "new machines given up before it"
