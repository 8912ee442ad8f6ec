"""Leases: who may change a machine for the next seconds, proved by a nonce."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sandbox.fly.documents import Json, timestamp, ulid
from sandbox.fly.errors import Refused

STRANGER = "7d1c09b4e2f84a55@tokens.fly.io"


@dataclass(frozen=True, slots=True)
class Lease:
    """A hold on one machine until a moment of the moved clock."""

    nonce: str
    owner: str
    description: str
    expires_at: datetime
    version: str

    def document(self) -> Json:
        """flyctl's envelope, where OpenAPI has the bare lease; the nonce is in it for whoever asks."""
        data = {
            "nonce": self.nonce,
            "expires_at": int(self.expires_at.timestamp()),
            "owner": self.owner,
            "description": self.description,
            "version": self.version,
        }
        return {"status": "success", "data": data}

    def outline(self) -> Json:
        """What the sandbox's page shows: everything but the nonce."""
        return {"owner": self.owner, "description": self.description, "expires_at": timestamp(self.expires_at)}


class Leases:
    """The leases of every machine. An expired one is no lease."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._leases: dict[str, Lease] = {}

    def of(self, machine: str) -> Lease | None:
        lease = self._leases.get(machine)
        return lease if lease and lease.expires_at > self._now() else None

    def held(self, machine: str) -> Lease:
        """The lease of a machine, or 404."""
        lease = self.of(machine)
        if lease is None:
            raise Refused(404, "lease not found")
        return lease

    def grant(self, machine: str, *, owner: str, description: str, seconds: int) -> Lease:
        """A new lease, whoever held the last one; ask `check` first."""
        now = self._now()
        lease = Lease(secrets.token_hex(6), owner, description, now + timedelta(seconds=seconds), ulid(now))
        self._leases[machine] = lease
        return lease

    def extend(self, machine: str, nonce: str, *, seconds: int) -> Lease:
        """The same lease for longer; 404 when it has run out, 409 when it is someone else's now."""
        lease = self.held(machine)
        self.check(machine, nonce)
        self._leases[machine] = replace(lease, expires_at=self._now() + timedelta(seconds=seconds))
        return self._leases[machine]

    def release(self, machine: str, nonce: str) -> None:
        self.held(machine)
        self.check(machine, nonce)
        del self._leases[machine]

    def withdraw(self, machine: str, owner: str) -> None:
        """Let go of the lease if `owner` holds it."""
        lease = self._leases.get(machine)
        if lease and lease.owner == owner:
            del self._leases[machine]

    def check(self, machine: str, nonce: str) -> None:
        """May the bearer of this nonce change the machine? 409 if it is another's, or if the lease has run out."""
        lease = self.of(machine)
        if lease is None and nonce:
            raise Refused(409, "lease not found")
        if lease and lease.nonce != nonce:
            expiry = timestamp(lease.expires_at)
            raise Refused(409, f"machine ID {machine} lease currently held by {lease.owner}, expires at {expiry}")
