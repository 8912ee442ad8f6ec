"""What is written and said when a deployment has just become completed."""

from checklist import notices
from checklist.deployment import Deployment
from checklist.moves import Status
from checklist.ports import Work
from checklist.record import Fact
from checklist.words import PersonId


def note_completion(deployment: Deployment, work: Work, *, by: PersonId | str, product: str) -> None:
    """An entry and a notice, if the deployment is completed; else nothing."""
    if deployment.status is not Status.COMPLETED or deployment.ended_at is None:
        return
    work.journal.append(Fact(kind="deployment.completed", at=deployment.ended_at, by=by, deployment=deployment.id))
    work.outbox.put(notices.completed(deployment, product))
