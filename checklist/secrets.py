"""The secrets of an app, by name and digest: which of them its machines have, as `fly secrets list` tells it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checklist.fly_releases import FlyRelease, release_of
from checklist.plan import Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One secret as Fly lists it. Nobody reads its value."""

    digest: str
    updated_at: datetime | None = None


class SecretStatus(StrEnum):
    """Whether the machines have it. What was set reaches a machine with the machine's next release."""

    STAGED = "staged"
    PARTIAL = "partial"
    DEPLOYED = "deployed"


def status_of(secret: Secret, released_at: Iterable[datetime | None]) -> SecretStatus:
    """By the release of each machine: one that nobody knows, or that is older than the secret, does not have it."""
    at = list(released_at)
    having = [one for one in at if one and secret.updated_at and secret.updated_at <= one]
    if not having:
        return SecretStatus.STAGED
    return SecretStatus.DEPLOYED if len(having) == len(at) else SecretStatus.PARTIAL


def coming(
    secrets: Mapping[str, Secret], machines: Iterable[Machine], releases: Iterable[FlyRelease]
) -> tuple[str, ...]:
    """The names of those that some machine does not have yet: they go live with whatever is deployed next."""
    created = {str(release.version): release.created_at for release in releases}
    at = [created.get(release_of(machine.config)) for machine in machines]
    return tuple(name for name in sorted(secrets) if status_of(secrets[name], at) is not SecretStatus.DEPLOYED)


def digests(secrets: Mapping[str, Secret]) -> dict[str, str]:
    """What a plan holds of them."""
    return {name: secret.digest for name, secret in secrets.items()}
