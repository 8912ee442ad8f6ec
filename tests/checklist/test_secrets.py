"""Which machines have a secret: told by the release of each of them, as flyctl's computeSecretStatus does."""

from datetime import UTC, datetime

import pytest

from checklist.fly_releases import FlyRelease, with_release
from checklist.plan import Machine
from checklist.secrets import Secret, SecretStatus, coming, status_of
from checklist.words import ImageDigest, MachineId

OLD, SET, NEW = (datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2, 3))
SECRET = Secret(digest="aa11", updated_at=SET)


def machine(id: str, version: int) -> Machine:
    marks = {"fly_release_version": str(version)}
    config = with_release({"image": "i"}, marks)
    digest = ImageDigest("sha256:" + "4" * 64)
    return Machine(id=MachineId(id), instance_id="01", state="started", digest=digest, tag="", config=config, checks={})


def release(version: int, at: datetime) -> FlyRelease:
    return FlyRelease(id=f"r{version}", version=version, status="complete", image="", created_at=at)


@pytest.mark.parametrize(
    ("released_at", "status"),
    [
        ([], SecretStatus.STAGED),
        ([OLD, OLD], SecretStatus.STAGED),
        ([None, None], SecretStatus.STAGED),
        ([NEW, OLD], SecretStatus.PARTIAL),
        ([NEW, None], SecretStatus.PARTIAL),
        ([NEW, NEW], SecretStatus.DEPLOYED),
        ([SET, SET], SecretStatus.DEPLOYED),
    ],
)
def test_a_machine_has_the_secrets_that_were_set_before_its_release(
    released_at: list[datetime | None], status: SecretStatus
) -> None:
    assert status_of(SECRET, released_at) is status


def test_a_secret_that_some_machine_lacks_comes_with_the_next_release() -> None:
    secrets = {"JWT_SECRET": Secret(digest="bb22", updated_at=OLD), "SUMSUB_API_KEY": SECRET}
    releases = (release(64, NEW), release(63, OLD))

    assert coming(secrets, [machine("a", 64), machine("b", 63)], releases) == ("SUMSUB_API_KEY",)
    assert coming(secrets, [machine("a", 64), machine("b", 64)], releases) == ()


def test_a_secret_whose_time_nobody_knows_is_taken_as_coming() -> None:
    assert coming({"ODD": Secret(digest="cc33")}, [machine("a", 64)], (release(64, NEW),)) == ("ODD",)
