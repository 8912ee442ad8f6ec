"""The moves of each deployment and the order of its steps, from the kinds of its entries alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any  # the checklist is the product's document, read by the few keys that steps need

from sandbox.history.reading import Entry, History

_BEFORE_START = {"preparing", "awaiting approval", "approved"}
_CAN_GO_BACK = {"deploying", "halted", "verifying", "completed", "rollback incomplete"}

# What an entry needs, and what it makes of the deployment.
_MOVES: Mapping[str, tuple[set[str], str]] = {
    "deployment.opened": ({""}, "preparing"),
    "approval.requested": ({"preparing"}, "awaiting approval"),
    "deployment.approved": ({"awaiting approval"}, "approved"),
    "deployment.rejected": ({"awaiting approval"}, "preparing"),
    "approval.withdrawn": ({"approved", "deploying", "halted"}, "preparing"),
    "approval.expired": ({"awaiting approval", "approved", "deploying", "halted"}, "preparing"),
    "approval.voided": ({"awaiting approval", "approved", "deploying", "halted"}, "preparing"),
    "deployment.started": ({"approved"}, "deploying"),
    "deployment.halted": ({"deploying"}, "halted"),
    "deployment.retried": ({"halted"}, "deploying"),
    "step.skipped": ({"halted"}, "deploying"),
    "deployment.finished": ({"halted"}, "deploying"),
    "deployment.deployed": ({"deploying"}, "verifying"),
    "deployment.completed": ({"verifying"}, "completed"),
    "rollback.started": (_CAN_GO_BACK, "rolling back"),
    "rollback.failed": ({"rolling back"}, "rollback incomplete"),
    "rollback.completed": ({"rolling back"}, "rolled back"),
    "deployment.abandoned": (_BEFORE_START | {"halted"}, "abandoned"),
}
_ENDS = {"deployment.deployed", "rollback.completed"}
_OVER = {"step.done", "step.attested", "step.skipped"}


def declared_moves_only(history: History) -> Iterator[str]:
    """I12: a deployment goes only where the table leads."""
    for handle, entries in history.deployments().items():
        for entry, before, _ in statuses(entries):
            if before not in _move(entry)[0]:
                yield f"entry {entry.seq}: {entry.kind} while {handle} was {before or 'not open'}"


def statuses(entries: Sequence[Entry]) -> Iterator[tuple[Entry, str, str]]:
    """The entries of one deployment that move it, with its status before and after."""
    status = ""
    for entry in entries:
        _, becomes = _move(entry)
        if becomes:
            yield entry, status, becomes
            status = becomes


def _move(entry: Entry) -> tuple[set[str], str]:
    """A step of the rollback that fails is the move that makes the rollback incomplete."""
    if entry.kind == "step.failed" and str(entry.body["step"]).startswith("rb-"):
        return _MOVES["rollback.failed"]
    return _MOVES.get(entry.kind, (set(), ""))


def steps_in_order(history: History) -> Iterator[str]:
    """I12: a step begins when every step above it in the checklist is over, and the book ends with all of them."""
    if not history.checklist:
        return
    for entries in history.deployments().values():
        yield from _in_order(history, entries)


def _in_order(history: History, entries: Sequence[Entry]) -> Iterator[str]:
    """By the checklist that was in force when the run-books were opened."""
    over: set[str] = set()
    books = _books(history.checklist)
    for entry in entries:
        if entry.kind in {"deployment.started", "rollback.started"}:
            over, books = set(), _books(history.checklist_at(entry))
        elif entry.kind in _OVER:
            over.add(str(entry.body.get("step") or entry.body.get("item")))
        elif entry.kind == "step.started":
            yield from _left_out(entry, _above(str(entry.body["step"]), books), over)
        elif entry.kind in _ENDS:
            yield from _left_out(entry, books[entry.kind == "rollback.completed"], over)


def _left_out(entry: Entry, needed: Mapping[str, bool], over: set[str]) -> Iterator[str]:
    """The steps that should be over by now; one that depends on a condition may not apply at all."""
    missing = [step for step, always in needed.items() if always and step not in over]
    if missing:
        yield f"entry {entry.seq}: {entry.kind} {entry.body.get('step', '')} before {', '.join(missing)}"


def _above(step: str, books: Sequence[Mapping[str, bool]]) -> Mapping[str, bool]:
    """The steps above this one in its book; one of no book stands below everything."""
    book = next((book for book in books if step in book), books[0])
    order = list(book)
    return {name: book[name] for name in (order[: order.index(step)] if step in book else order)}


def _books(checklist: Mapping[str, Any]) -> tuple[Mapping[str, bool], Mapping[str, bool]]:
    """The two run-books: each step, and whether it always applies."""
    sections = [section for section in checklist["sections"] if section["phase"] == "during"]
    steps = _as_chosen([item for section in sections for item in section["items"]], checklist)
    return _book(steps), _book(checklist["rollback"])


def _as_chosen(steps: list[Mapping[str, str]], checklist: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """An app may have its database migrated before its machines are moved."""
    if ((checklist.get("apps") or {}).get("production") or {}).get("migrate") != "before":
        return steps
    migration = [step for step in steps if step["id"] == "migrate-up"]
    others = [step for step in steps if step["id"] != "migrate-up"]
    rollout = [step["id"] for step in others].index("deploy-trigger")
    return [*others[:rollout], *migration, *others[rollout:]]


def _book(steps: Sequence[Mapping[str, str]]) -> Mapping[str, bool]:
    return {step["id"]: "when" not in step for step in steps}
