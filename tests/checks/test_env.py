"""fly.env_names and fly.env_diff against the sandbox's Fly.io, and against machines that it never has."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

import pytest

from checklist.kinds import Check, FlyEnvDiff, FlyEnvNames, Params
from checklist.marks import Outcome, Verdict
from checklist.plan import Machine
from checklist.ports import Fleet
from checklist.record import Json
from checklist.words import ImageDigest, MachineId
from checks.env import EnvChecks
from checks.reading import checker
from tests.fly.servers import Fly

FIRST, SECOND, STAGING = "148e21ea7d0089", "3d8d9025b6e189", "5683d4e0b10e58"
SIZES = {"drop-app": 2, "drop-staging": 1}
SWITCHES = FlyEnvNames(app="drop-app", present=("QR_PAYMENTS_ENABLED", "REMITTANCE_ENABLED"))
ALIKE = FlyEnvDiff(
    left="drop-staging",
    right="drop-app",
    compare=("env", "services", "guest", "checks"),
    allow=("APP_ENV", "APP_URL", "FLY_*"),
)
VALUE = "hunter2hunter2"  # what nobody may read again
Config = dict[str, Json]


async def answer(fleet: Fleet, params: Params, sizes: dict[str, int] = SIZES) -> Verdict:
    checks = EnvChecks(fleet, sizes)
    asked = checker(FlyEnvNames, checks.names) if isinstance(params, FlyEnvNames) else checker(FlyEnvDiff, checks.diff)
    return await asked(Check(params))


def changes(fly: Fly, app: str, id: str, change: Callable[[Config], Config]) -> None:
    """Somebody changes the config of one machine, and everything else of it stays as it is."""
    machine = fly.platform.apps[app].machines[id]
    version = machine.version
    machine.update({**version.config, **change(version.config)}, version.reference, version.image, launch=True)


def env(**values: str | None) -> Callable[[Config], Config]:
    """The same env with these values, and without those that are None."""

    def changed(config: Config) -> Config:
        before = cast(Config, config["env"])
        return {"env": {name: value for name, value in {**before, **values}.items() if value is not None}}

    return changed


@dataclass(frozen=True)
class Listed:
    """As much of the port Fleet as a check of configs asks for: its machines by app."""

    apps: dict[str, tuple[Machine, ...]]

    async def machines(self, app: str) -> tuple[Machine, ...]:
        return self.apps[app]


def listed(left: Iterable[Machine], right: Iterable[Machine]) -> Fleet:
    return cast(Fleet, Listed({"drop-staging": tuple(left), "drop-app": tuple(right)}))


def machine(id: str, *, group: str = "app", state: str = "started", reachable: bool = True, **config: Json) -> Machine:
    return Machine(
        id=MachineId(id),
        instance_id="01",
        state=state,
        digest=ImageDigest("sha256:1"),
        tag="v0.5.0",
        config={"metadata": {"fly_process_group": group}, **config},
        checks={},
        reachable=reachable,
    )


# Names


async def test_names_that_every_machine_has_pass_with_the_names_of_each_machine(fly: Fly) -> None:
    verdict = await answer(fly.fleet, SWITCHES)

    assert verdict.outcome is Outcome.PASSED
    assert verdict.reason == "2 machines of drop-app have QR_PAYMENTS_ENABLED and REMITTANCE_ENABLED in their env"
    assert set(cast(Config, verdict.evidence["names"])) == {FIRST, SECOND}


async def test_a_name_that_one_machine_lacks_fails_and_the_machine_is_named(fly: Fly) -> None:
    changes(fly, "drop-app", SECOND, env(REMITTANCE_ENABLED=None))

    verdict = await answer(fly.fleet, SWITCHES)

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == f"drop-app: no REMITTANCE_ENABLED in the env of machine {SECOND}"


async def test_names_that_no_machine_has_are_told_together(fly: Fly) -> None:
    verdict = await answer(fly.fleet, FlyEnvNames(app="drop-app", present=("VIPPS", "APP_ENV", "SWISH")))

    assert (verdict.outcome, verdict.reason) == (
        Outcome.FAILED,
        "drop-app: no VIPPS, SWISH in the env of any machine",
    )


async def test_a_machine_that_stands_still_needs_the_names_too() -> None:
    fleet = listed([], [machine("1", env={"A": "1"}), machine("2", state="stopped")])

    verdict = await answer(fleet, FlyEnvNames(app="drop-app", present=("A",)))

    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, "drop-app: no A in the env of machine 2")


@pytest.mark.parametrize("present", [(), ("APP_ENV",)])
async def test_what_a_file_of_the_repository_lists_is_left_to_a_person(fly: Fly, present: tuple[str, ...]) -> None:
    asked = FlyEnvNames(app="drop-app", present=present, documented_in=".env.example", ref="4f9d2c7a1b8e7d6c5b4a")

    verdict = await answer(fly.fleet, asked)

    there = "APP_ENV is there, but " if present else ""
    assert (verdict.outcome, verdict.reason) == (
        Outcome.INCONCLUSIVE,
        f"not connected: {there}.env.example at 4f9d2c7a1b8e is on GitHub, which is not read; the item's role attests",
    )
    assert "APP_URL" in json.dumps(verdict.evidence["names"])


async def test_a_missing_name_fails_whatever_the_file_of_the_repository_lists(fly: Fly) -> None:
    asked = FlyEnvNames(app="drop-app", present=("VIPPS",), documented_in=".env.example")

    assert (await answer(fly.fleet, asked)).outcome is Outcome.FAILED


# Differences


async def test_staging_and_production_are_alike_but_for_what_the_checklist_allows(fly: Fly) -> None:
    verdict = await answer(fly.fleet, ALIKE)

    assert verdict.outcome is Outcome.PASSED
    assert verdict.reason == (
        "drop-staging and drop-app have the same env, services, guest and checks, "
        "but for APP_ENV and APP_URL, as the checklist allows"
    )
    assert verdict.evidence["machines"] == {"drop-staging": [STAGING], "drop-app": [FIRST, SECOND]}


async def test_without_the_allowance_the_same_two_apps_differ(fly: Fly) -> None:
    verdict = await answer(fly.fleet, ALIKE.model_copy(update={"allow": ("FLY_*",)}))

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == (
        "2 settings differ: APP_ENV: one value in drop-staging, another in drop-app; "
        "APP_URL: one value in drop-staging, another in drop-app"
    )


@pytest.mark.parametrize(
    ("app", "id", "words"),
    [
        ("drop-staging", STAGING, "LOG_LEVEL: not set in drop-app, set in drop-staging"),
        (
            "drop-app",
            FIRST,
            f"LOG_LEVEL: not set in drop-staging and on machine {SECOND} of drop-app, "
            f"set on machine {FIRST} of drop-app",
        ),
    ],
)
async def test_a_name_that_only_some_machines_have_fails_and_is_told_with_where(
    fly: Fly, app: str, id: str, words: str
) -> None:
    changes(fly, app, id, env(LOG_LEVEL=VALUE))

    verdict = await answer(fly.fleet, ALIKE)

    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, words)


async def test_two_machines_of_production_that_differ_fail_though_one_of_them_is_as_staging(fly: Fly) -> None:
    changes(fly, "drop-app", SECOND, env(QR_PAYMENTS_ENABLED="false"))

    verdict = await answer(fly.fleet, ALIKE)

    assert verdict.reason == (
        f"QR_PAYMENTS_ENABLED: one value in drop-staging and on machine {FIRST} of drop-app, "
        f"another on machine {SECOND} of drop-app"
    )


async def test_sizes_and_times_are_told_for_they_are_no_secrets(fly: Fly) -> None:
    for id in (FIRST, SECOND):
        changes(fly, "drop-app", id, lambda _: {"guest": {"cpu_kind": "shared", "cpus": 2, "memory_mb": 512}})
    changes(fly, "drop-staging", STAGING, lambda config: {"checks": {"up": {"type": "tcp", "interval": "30s"}}})

    verdict = await answer(fly.fleet, ALIKE)

    assert verdict.outcome is Outcome.FAILED
    assert "guest.cpus: 1 in drop-staging, 2 in drop-app" in verdict.reason
    assert "checks.up.interval: 30s in drop-staging, 15s in drop-app" in verdict.reason


async def test_a_value_that_may_be_a_secret_stands_in_no_answer_wherever_it_was_put(fly: Fly) -> None:
    secret: Config = {"path": VALUE, "headers": [{"name": "Authorization", "values": [VALUE]}]}
    changes(fly, "drop-app", FIRST, env(LOG_LEVEL=VALUE, APP_URL=VALUE))
    changes(fly, "drop-app", FIRST, lambda config: {"checks": {"up": {**up(config), **secret}}})

    alike = await answer(fly.fleet, ALIKE)
    others = [await answer(fly.fleet, one) for one in (SWITCHES, FlyEnvNames(app="drop-app", documented_in="README"))]

    assert "checks.up.path: not set in drop-staging" in alike.reason
    assert "checks.up.headers.Authorization.values: not set in drop-staging" in alike.reason
    for verdict in (alike, *others):
        told = verdict.reason + json.dumps(verdict.evidence)
        assert VALUE not in told
        assert "getdrop.no" not in told


def up(config: Config) -> Config:
    return cast(Config, cast(Config, config["checks"])["up"])


async def test_the_evidence_of_a_difference_has_a_digest_for_each_machine(fly: Fly) -> None:
    changes(fly, "drop-app", FIRST, env(LOG_LEVEL=VALUE))

    (difference,) = cast(list[Config], (await answer(fly.fleet, ALIKE)).evidence["differences"])

    seen = cast(dict[str, Config], difference["seen"])
    digest = seen["drop-app"].pop(FIRST)
    assert isinstance(digest, str)
    assert len(digest) == 12
    assert seen == {"drop-staging": {STAGING: None}, "drop-app": {SECOND: None}}


async def test_allowed_names_are_patterns_and_told_when_they_differ(fly: Fly) -> None:
    changes(fly, "drop-app", FIRST, env(FLY_STANDBY_FOR="me", Fly_Other="1"))

    verdict = await answer(fly.fleet, ALIKE)

    assert verdict.outcome is Outcome.FAILED
    assert "Fly_Other" in verdict.reason
    assert "FLY_STANDBY_FOR" not in verdict.reason
    assert verdict.evidence["allowed"] == ["APP_ENV", "APP_URL", "FLY_STANDBY_FOR"]


async def test_a_worker_is_compared_with_workers_and_not_with_what_serves() -> None:
    web, worker = {"ROLE": "web"}, {"ROLE": "worker", "QUEUE": "1"}
    staging = (machine("1", env={**web}), machine("2", group="worker", env={**worker}))
    same = (machine("3", env={**web}), machine("4", group="worker", env={**worker}))
    other = (machine("3", env={**web}), machine("4", group="worker", env={"ROLE": "worker"}))

    alike = await answer(listed(staging, same), FlyEnvDiff(left="drop-staging", right="drop-app"))
    differ = await answer(listed(staging, other), FlyEnvDiff(left="drop-staging", right="drop-app"))

    assert alike.outcome is Outcome.PASSED
    assert (differ.outcome, differ.reason) == (
        Outcome.FAILED,
        "QUEUE in process group worker: not set in drop-app, set in drop-staging",
    )


async def test_a_process_group_that_staging_does_not_have_is_a_difference_that_may_be_allowed() -> None:
    fleet = listed([machine("1")], [machine("2"), machine("3", group="worker")])

    differ = await answer(fleet, FlyEnvDiff(left="drop-staging", right="drop-app"))
    allowed = await answer(fleet, FlyEnvDiff(left="drop-staging", right="drop-app", allow=("groups.worker",)))

    assert (differ.outcome, differ.reason) == (Outcome.FAILED, "no machine of process group worker in drop-staging")
    assert allowed.outcome is Outcome.PASSED


async def test_many_differences_are_counted_and_the_first_are_told() -> None:
    fleet = listed([machine("1")], [machine(f"{n}", env=dict.fromkeys("ABCDEFG", "x")) for n in range(2, 7)])

    verdict = await answer(fleet, FlyEnvDiff(left="drop-staging", right="drop-app"))

    assert verdict.reason.startswith("7 settings differ: A: not set in drop-staging, set in drop-app; B: ")
    assert verdict.reason.endswith("E: not set in drop-staging, set in drop-app; and 2 more")
    assert len(cast(list[Json], verdict.evidence["differences"])) == 7


# What nobody could look at


@pytest.mark.parametrize("params", [SWITCHES, ALIKE])
@pytest.mark.parametrize("fault", ["fly-down", "empty-list"])
async def test_with_fly_down_or_an_empty_list_nothing_passes_and_nothing_fails(
    fly: Fly, params: Params, fault: str
) -> None:
    fly.faults.switch(fault, on=True)

    verdict = await answer(fly.fleet, params)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.evidence["system"] == "Fly"


@pytest.mark.parametrize("params", [SWITCHES, ALIKE])
async def test_a_list_that_is_too_short_cannot_tell(fly: Fly, params: Params) -> None:
    verdict = await answer(fly.fleet, params, {"drop-app": 3, "drop-staging": 1})

    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, "Fly lists 2 of the 3 machines of drop-app")


async def test_a_machine_that_is_destroyed_counts_for_nothing() -> None:
    fleet = listed([], [machine("1"), machine("2", state="destroyed")])

    verdict = await answer(fleet, FlyEnvNames(app="drop-app", present=("A",)), {"drop-app": 2})
    other = await answer(listed([], [machine("2", state="destroyed")]), FlyEnvNames(app="drop-app", present=("A",)), {})

    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, "drop-app: no A in the env of machine 1")
    assert (other.outcome, other.reason) == (Outcome.INCONCLUSIVE, "Fly lists 0 of the 1 machines of drop-app")


@pytest.mark.parametrize("params", [SWITCHES, ALIKE])
async def test_a_machine_on_a_lost_host_is_neither_right_nor_wrong(fly: Fly, params: Params) -> None:
    fly.faults.switch("host-unreachable", on=True)

    verdict = await answer(fly.fleet, params)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == f"nobody can read the config of machine {SECOND} of drop-app"


@pytest.mark.parametrize("params", [SWITCHES, ALIKE])
async def test_what_is_wrong_on_one_machine_fails_though_another_one_cannot_be_read(fly: Fly, params: Params) -> None:
    fly.faults.switch("host-unreachable", on=True)
    changes(fly, "drop-app", FIRST, env(REMITTANCE_ENABLED=None))

    assert (await answer(fly.fleet, params)).outcome is Outcome.FAILED


async def test_a_process_group_whose_only_machine_cannot_be_read_is_not_called_missing() -> None:
    fleet = listed(
        [machine("1"), machine("2", group="worker")], [machine("3"), machine("4", group="worker", reachable=False)]
    )

    verdict = await answer(fleet, FlyEnvDiff(left="drop-staging", right="drop-app"))

    assert verdict.outcome is Outcome.INCONCLUSIVE
