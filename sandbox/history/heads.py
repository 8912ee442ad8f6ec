"""The heads of the chain that were told to the outside: whoever rewrites the record cannot rewrite what Slack holds."""

from collections.abc import Iterator

from sandbox.history.reading import Entry, History
from sandbox.history.shown import payload_of, posts

_WITNESSED = ("deployment.approved", "deployment.completed", "rollback.completed", "deployment.abandoned")


def heads_are_extended(history: History) -> Iterator[str]:
    """I14: every head that was told is an entry of this record, and they only grow."""
    entries = {entry.seq: entry for entry in history.record}
    last = 0
    for n, head in _told(history):
        seq = _seq(head)
        if not _is_of(head, entries.get(seq)):
            yield f"message {n} told the head {head}, which this record does not extend"
        if seq < last:
            yield f"message {n} told the head {head} after entry {last} had been told"
        last = max(last, seq)


def what_matters_is_told(history: History) -> Iterator[str]:
    """I14: each approval and each end lies below a head that was told."""
    told = [_seq(head) for _, head in _told(history)]
    for entry in history.of(*_WITNESSED):
        if told and entry.seq > max(told):
            yield f"entry {entry.seq}: nobody outside was told of {entry.kind} of {entry.deployment}"


def _told(history: History) -> Iterator[tuple[int, str]]:
    for entry, _ in posts(history):
        head = payload_of(entry).get("head")
        if head:
            yield entry["n"], str(head)


def _seq(head: str) -> int:
    seq = head.partition(":")[0]
    return int(seq) if seq.isdecimal() else 0


def _is_of(head: str, entry: Entry | None) -> bool:
    digits = head.partition(":")[2]
    return entry is not None and len(digits) >= 12 and entry.hash.startswith(digits)
