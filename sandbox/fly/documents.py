"""What Fly.io's documents are made of: JSON, ULIDs and timestamps."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

# Any, because a machine's configuration is the caller's: it is kept as it came, fields that nobody here knows included.
Json = dict[str, Any]
Body = Json | Sequence[Json] | str | None

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(at: datetime) -> str:
    """A new ULID: 48 bits of milliseconds and 80 random ones, as 26 characters."""
    number = milliseconds(at) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def milliseconds(at: datetime) -> int:
    """Unix time as the events of a machine carry it."""
    return int(at.timestamp() * 1000)


@lru_cache(maxsize=256)  # a machine shows the same ones at each look
def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC, to the second, as everything but an event carries it."""
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
