"""fly.* against the sandbox's Fly.io."""

from datetime import timedelta

import pytest

from checklist.kinds import Check, FlyImageDigest, FlyMachineChecks, FlyRegistryManifest, FlySecretsPresent, Params
from checklist.marks import Outcome, Verdict
from checklist.plan import with_image
from checklist.words import ImageDigest, MachineId
from checks.fly import FlyChecks
from checks.reading import checker
from tests.fly.servers import Fly

FIRST, SECOND = MachineId("148e21ea7d0089"), MachineId("3d8d9025b6e189")
SECRETS = ("BAAS_API_KEY", "DATABASE_URL", "JWT_SECRET", "SUMSUB_API_KEY")


async def answer(fly: Fly, params: Params) -> Verdict:
    checks = FlyChecks(fly.fleet, fly.registry)
    checkers = {
        FlyImageDigest: checker(FlyImageDigest, checks.image_digest),
        FlyMachineChecks: checker(FlyMachineChecks, checks.machine_checks),
        FlySecretsPresent: checker(FlySecretsPresent, checks.secrets_present),
        FlyRegistryManifest: checker(FlyRegistryManifest, checks.registry_manifest),
    }
    return await checkers[type(params)](Check(params))


async def digest_of(fly: Fly, tag: str) -> ImageDigest:
    digest = await fly.registry.digest("drop-app", tag, within=timedelta(seconds=5))
    assert digest
    return digest


async def update_first(fly: Fly, tag: str) -> None:
    seen = await fly.fleet.machine("drop-app", FIRST)
    config = with_image(seen.config, app="drop-app", image=await digest_of(fly, tag), tag=tag)
    after = await fly.fleet.update(
        "drop-app", FIRST, config=config, current_version=seen.instance_id, nonce="", launch=True
    )
    await fly.fleet.wait("drop-app", FIRST, version=after.instance_id, within=timedelta(seconds=5))


async def test_every_machine_on_the_digest_passes_with_evidence_per_machine(fly: Fly) -> None:
    digest = await digest_of(fly, "v0.4.2")

    verdict = await answer(fly, FlyImageDigest(app="drop-app", digest=digest))

    assert verdict.outcome is Outcome.PASSED
    assert set(verdict.evidence) == {FIRST, SECOND}
    first = verdict.evidence[FIRST]
    assert isinstance(first, dict)
    assert first["digest"] == digest


async def test_one_machine_on_another_digest_fails_and_is_named(fly: Fly) -> None:
    await update_first(fly, "v0.5.0")

    verdict = await answer(fly, FlyImageDigest(app="drop-app", digest=await digest_of(fly, "v0.5.0")))

    assert verdict.outcome is Outcome.FAILED
    assert f"machine {SECOND} runs sha256:" in verdict.reason
    assert FIRST not in verdict.reason


async def test_a_machine_that_does_not_run_fails_though_its_image_is_right(fly: Fly) -> None:
    digest = await digest_of(fly, "v0.4.2")
    fly.platform.apps["drop-app"].machines[SECOND].stop()

    verdict = await answer(fly, FlyImageDigest(app="drop-app", digest=digest))

    assert verdict.outcome is Outcome.FAILED
    assert f"machine {SECOND} is sto" in verdict.reason


async def test_healthy_machines_pass_and_too_few_of_them_fail(fly: Fly) -> None:
    enough = await answer(fly, FlyMachineChecks(app="drop-app", min_machines=2))
    too_few = await answer(fly, FlyMachineChecks(app="drop-app", min_machines=3))

    assert enough.outcome is Outcome.PASSED
    assert too_few.outcome is Outcome.FAILED
    assert too_few.reason == "drop-app has 2 machines, 3 are needed"


async def test_a_machine_whose_checks_do_not_pass_fails(fly: Fly) -> None:
    fly.faults.switch("failing-health", on=True)
    await update_first(fly, "v0.5.0")

    verdict = await answer(fly, FlyMachineChecks(app="drop-app"))

    assert verdict.outcome is Outcome.FAILED
    assert f"machine {FIRST} fails: " in verdict.reason


@pytest.mark.parametrize(
    ("names", "absent", "outcome", "reason"),
    [
        ((), ("SKIP_AUTH", "DEBUG"), Outcome.PASSED, "drop-app has none of the 2 secrets that must not be there"),
        (
            SECRETS,
            ("SKIP_AUTH",),
            Outcome.PASSED,
            "drop-app has all 4 secrets, and none of the 1 secrets that must not be there",
        ),
        ((*SECRETS, "VIPPS_KEY"), (), Outcome.FAILED, "drop-app: no secret VIPPS_KEY"),
        ((), ("JWT_SECRET",), Outcome.FAILED, "drop-app: secret JWT_SECRET must not be there"),
    ],
)
async def test_secrets_are_told_by_their_names(
    fly: Fly, names: tuple[str, ...], absent: tuple[str, ...], outcome: Outcome, reason: str
) -> None:
    verdict = await answer(fly, FlySecretsPresent(app="drop-app", names=names, absent=absent))

    assert (verdict.outcome, verdict.reason) == (outcome, reason)


async def test_the_registry_has_the_image_or_does_not(fly: Fly) -> None:
    there = await answer(fly, FlyRegistryManifest(repository="drop-app", digest=await digest_of(fly, "v0.4.2")))
    gone = await answer(fly, FlyRegistryManifest(repository="drop-app", digest=f"sha256:{'0' * 64}"))

    assert there.outcome is Outcome.PASSED
    assert gone.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "params",
    [
        FlyImageDigest(app="drop-app", digest="sha256:0"),
        FlyMachineChecks(app="drop-app"),
        FlySecretsPresent(app="drop-app"),
    ],
)
async def test_with_fly_down_nothing_passes_and_nothing_fails(fly: Fly, params: Params) -> None:
    fly.faults.switch("fly-down", on=True)

    verdict = await answer(fly, params)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.evidence["system"] == "Fly"


async def test_with_the_registry_down_nobody_knows_whether_the_image_is_there(fly: Fly) -> None:
    fly.faults.switch("registry-down", on=True)

    verdict = await answer(fly, FlyRegistryManifest(repository="drop-app", digest=f"sha256:{'0' * 64}"))

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.evidence["system"] == "Fly's registry"
