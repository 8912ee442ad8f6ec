"""A signature counts as long as whoever gave it is still one of the people of the workspace."""

from collections.abc import Iterable

from checklist.deployment import Deployment
from checklist.errors import SignerMayNot
from checklist.moves import Move
from checklist.people import Member, Person, Standing, Team


def has_left(person: Person, members: Iterable[Member]) -> bool:
    """Whether none of the person's accounts that were seen is a full member's any more."""
    seen = [member.standing for member in members if member.user in person.slack]
    return bool(seen) and Standing.MEMBER not in seen


def signer_left(deployment: Deployment, members: Iterable[Member], team: Team) -> SignerMayNot | None:
    """Why the approval no longer counts, if its signer has left and nothing was done on it yet."""
    if deployment.approval is None or not deployment.allows(Move.VOID):
        return None
    signer = team.people.get(deployment.approval.by)
    if signer is None or not has_left(signer, members):
        return None
    return SignerMayNot(deployment.id, signer.id)
