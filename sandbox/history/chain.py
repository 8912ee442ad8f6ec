"""The chain of the record, computed anew."""

from collections.abc import Iterator

from sandbox.history.approvals import canonical, sha256
from sandbox.history.reading import Entry, History

_GENESIS = "0" * 64


def unbroken_chain(history: History) -> Iterator[str]:
    """I13: from 1 to the head without a gap, each entry over the hash of the one before it."""
    seq, previous = 0, _GENESIS
    for entry in history.record:
        seq += 1
        if entry.seq != seq:
            yield f"entry {seq} is missing"
        elif entry.previous != previous:
            yield f"entry {seq} does not follow the one before it"
        elif entry.hash != _hash(entry):
            yield f"entry {seq} is not what was hashed"
        seq, previous = entry.seq, entry.hash


def _hash(entry: Entry) -> str:
    content = {name: getattr(entry, name) for name in ("seq", "previous", "kind", "at", "by", "body")}
    return sha256(canonical(content | {"deployment": entry.deployment or None}))
