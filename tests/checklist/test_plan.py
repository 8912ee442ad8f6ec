"""A plan: its digest changes with every part of it, and its differences name the line that changed."""

import copy
from collections.abc import Mapping
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.changes import changes, said
from checklist.plan import (
    IMAGE_TAG,
    Machine,
    Plan,
    PlannedMachine,
    Result,
    config_hash,
    planned,
    with_image,
    with_maintenance,
)
from checklist.record import Json
from checklist.words import DeploymentId, ImageDigest, ItemId, MachineId, MigrateWhen, PersonId, StrategyName
from tests.checklist.builders import NEW, OLD, opened, plan_for, ready_to_submit

PLAN = plan_for(ready_to_submit())
FIRST = PLAN.machines[0]


def other_machine(
    *, id: str = FIRST.id, instance_id: str = FIRST.instance_id, maintenance: str | None = None, config: str = ""
) -> tuple[PlannedMachine, ...]:
    """The plan's machines with another first one."""
    config = config or FIRST.config_hash
    return another(
        replace(FIRST, id=MachineId(id), instance_id=instance_id, maintenance=maintenance, config_hash=config)
    )


def another(first: PlannedMachine) -> tuple[PlannedMachine, ...]:
    return (first, *PLAN.machines[1:])


# Every field of a plan (and of its machines), another value for it, and the line that must tell.
CHANGES: Mapping[str, tuple[Plan, str]] = {
    "deployment": (replace(PLAN, deployment=DeploymentId("CR-002")), "the deployment is now CR-002, not CR-001"),
    "version": (replace(PLAN, version="0.5.1"), "the version is now 0.5.1, not 0.5.0"),
    "app": (replace(PLAN, app="drop-other"), "the app is now drop-other, not drop-app"),
    "image": (replace(PLAN, image=OLD), f"the image is now {OLD[:19]}, not {NEW[:19]}"),
    "rollback_version": (
        replace(PLAN, rollback_version="v0.4.8"),
        "the version to come back to is now v0.4.8 (444444444444), not v0.4.9 (444444444444)",
    ),
    "rollback": (
        replace(PLAN, rollback=NEW),
        "the version to come back to is now v0.4.9 (555555555555), not v0.4.9 (444444444444)",
    ),
    "machines": (replace(PLAN, machines=PLAN.machines[:1]), "machine 148e0002 is gone"),
    "maintenance": (replace(PLAN, maintenance=False), "the maintenance mode is now off, not on"),
    "commands": (replace(PLAN, commands=()), "the list of commands is now empty, not npm run db:migrate"),
    "secrets": (
        replace(PLAN, secrets={**PLAN.secrets, "JWT_SECRET": "cc33"}),
        "the secret JWT_SECRET of drop-app was changed",
    ),
    "requester": (replace(PLAN, requester=PersonId("eva")), "the requester is now eva, not john"),
    "engineer": (replace(PLAN, engineer=PersonId("eva")), "the deploy engineer is now eva, not john"),
    "window": (
        replace(PLAN, window=None),
        "the window is now none, not Wednesday 25 November 02:00–06:00 Oslo",
    ),
    "checklist": (
        replace(PLAN, checklist="0" * 64),
        f"the checklist itself was changed (it is now 000000000000, not {PLAN.checklist[:12]})",
    ),
    "results": (
        replace(PLAN, results=(Result(item=PLAN.results[0].item, state="attested", by="john"), *PLAN.results[1:])),
        "pr-approved is now attested by john, not passed by bot",
    ),
    "machines[].id": (
        replace(PLAN, machines=other_machine(id="148e0009")),
        "machine 148e0009 is new, and runs v0.4.9 (444444444444)",
    ),
    "machines[].instance_id": (
        replace(PLAN, machines=other_machine(instance_id="01HVOTHER")),
        "machine 148e0001 was updated by someone, and is at 01HVOTHER now",
    ),
    "machines[].digest": (
        replace(PLAN, machines=another(replace(FIRST, digest=NEW))),
        "machine 148e0001 now runs v0.4.9 (555555555555), not v0.4.9 (444444444444)",
    ),
    "machines[].version": (
        replace(PLAN, machines=another(replace(FIRST, version=""))),
        "machine 148e0001 now runs sha256:444444444444, not v0.4.9 (444444444444)",
    ),
    "machines[].maintenance": (
        replace(PLAN, machines=other_machine(maintenance="true")),
        "machine 148e0001 now has MAINTENANCE_MODE set to “true”, not unset",
    ),
    "machines[].env": (
        replace(PLAN, machines=another(replace(FIRST, env={"LOG_LEVEL": "f1f1"}))),
        "LOG_LEVEL was changed in the environment of machine 148e0001",
    ),
    "migrate": (
        replace(PLAN, migrate=MigrateWhen.BEFORE),
        "the moment of a migration is now before the rollout, not after the rollout",
    ),
    "strategy": (
        replace(PLAN, strategy=StrategyName.CANARY),
        "the strategy is now canary, 0.33 away at once, not rolling, 0.33 away at once",
    ),
    "staged": (replace(PLAN, staged=("SUMSUB_API_KEY",)), "the secret SUMSUB_API_KEY of drop-app is staged"),
    "max_unavailable": (
        replace(PLAN, max_unavailable=2),
        "the strategy is now rolling, 2 away at once, not rolling, 0.33 away at once",
    ),
    "machines[].group": (
        replace(PLAN, machines=another(replace(FIRST, group="worker"))),
        "machine 148e0001 now belongs to worker, not to app",
    ),
    "machines[].reachable": (
        replace(PLAN, machines=another(replace(FIRST, reachable=False))),
        "the host of machine 148e0001 can no longer be reached",
    ),
    "machines[].config_hash": (
        replace(PLAN, machines=other_machine(config="f" * 64)),
        "machine 148e0001 has other settings now (ffffffffffff, not 111111111111)",
    ),
}


def test_every_field_of_a_plan_is_tried() -> None:
    named = {field.name for field in fields(Plan)} | {f"machines[].{field.name}" for field in fields(PlannedMachine)}

    assert set(CHANGES) == named


@pytest.mark.parametrize("field", CHANGES)
def test_the_line_that_changed_is_named(field: str) -> None:
    changed, line = CHANGES[field]

    assert line in changes(PLAN, changed)


@pytest.mark.parametrize("field", CHANGES)
def test_the_digest_changes_with_every_part_of_the_plan(field: str) -> None:
    changed, _ = CHANGES[field]

    assert changed.digest != PLAN.digest


@pytest.mark.parametrize("field", sorted(set(CHANGES) - {"machines", "machines[].id"}))
def test_only_the_line_that_changed_is_named(field: str) -> None:
    changed, _ = CHANGES[field]

    assert len(changes(PLAN, changed)) == 1


@pytest.mark.parametrize("place", range(64))
def test_a_config_that_differs_in_one_digit_of_its_hash_is_another_config(place: int) -> None:
    digits = FIRST.config_hash
    changed = replace(PLAN, machines=other_machine(config=digits[:place] + "f" + digits[place + 1 :]))

    (line,) = changes(PLAN, changed)

    assert line.startswith("machine 148e0001 has other settings now")


def test_the_same_plan_has_no_differences() -> None:
    assert changes(PLAN, copy.deepcopy(PLAN)) == ()
    assert changes(PLAN, plan_for(ready_to_submit())) == ()


def test_a_secret_that_appears_or_goes_is_named() -> None:
    more = replace(PLAN, secrets={**PLAN.secrets, "BAAS_API_KEY": "dd44"})

    assert changes(PLAN, more) == ("the secret BAAS_API_KEY of drop-app was added",)
    assert changes(more, PLAN) == ("the secret BAAS_API_KEY of drop-app was removed",)


def test_a_machine_that_was_changed_by_hand_is_told_by_what_was_done_to_it() -> None:
    touched = replace(FIRST, digest=NEW, version="v0.5.0", env={}, instance_id="01HVOTHER", config_hash="f" * 64)

    by_hand = replace(PLAN, machines=another(touched))

    assert changes(PLAN, by_hand) == (
        "machine 148e0001 now runs v0.5.0 (555555555555), not v0.4.9 (444444444444)",
        "LOG_LEVEL was removed in the environment of machine 148e0001",
    )


def test_only_the_first_few_of_many_changes_are_said_and_the_others_counted() -> None:
    assert said(("a", "b")) == "the plan changed: a; b"
    assert said("abcdefg") == "the plan changed: a; b; c; d; e; and 2 more"


def test_a_maintenance_mode_that_is_not_set_is_not_one_that_is_called_none() -> None:
    changed = replace(PLAN, machines=other_machine(maintenance="None"))

    assert changed.digest != PLAN.digest
    assert changes(PLAN, changed)


def test_the_digest_does_not_depend_on_the_order_of_names() -> None:
    turned = replace(PLAN, secrets=dict(reversed(tuple(PLAN.secrets.items()))))

    assert turned.digest == PLAN.digest
    assert len(PLAN.digest) == 64


# Configs

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
CONFIGS = st.dictionaries(st.text(max_size=8) | st.sampled_from(["image", "metadata", "env", "init"]), JSON, max_size=6)


@given(config=CONFIGS)
def test_a_new_image_leaves_every_other_key_as_it_is(config: dict[str, Json]) -> None:
    before = copy.deepcopy(config)

    after = with_image(config, app="drop-app", image=NEW, tag="v0.5.0")

    assert config == before
    assert after["image"] == f"registry.fly.io/drop-app@{NEW}"
    assert {k: v for k, v in after.items() if k not in {"image", "metadata"}} == {
        k: v for k, v in before.items() if k not in {"image", "metadata"}
    }
    kept = before.get("metadata")
    assert after["metadata"] == {**(kept if isinstance(kept, dict) else {}), IMAGE_TAG: "v0.5.0"}


@given(config=CONFIGS, value=st.none() | st.sampled_from(["true", "false", ""]))
def test_maintenance_mode_leaves_every_other_key_as_it_is(config: dict[str, Json], value: str | None) -> None:
    before = copy.deepcopy(config)

    after = with_maintenance(config, value)

    assert config == before
    assert {k: v for k, v in after.items() if k != "env"} == {k: v for k, v in before.items() if k != "env"}
    kept = before.get("env")
    rest = {k: v for k, v in kept.items() if k != "MAINTENANCE_MODE"} if isinstance(kept, dict) else {}
    assert after["env"] == (rest if value is None else {**rest, "MAINTENANCE_MODE": value})


def test_a_changed_config_shares_nothing_with_the_one_that_was_read() -> None:
    config: dict[str, Json] = {"services": [{"port": 443}], "env": {}}

    for changed in (with_maintenance(config, "true"), with_image(config, app="drop-app", image=NEW, tag="v0.5.0")):
        services = changed["services"]
        assert isinstance(services, list)
        services.append("another")

    assert config == {"services": [{"port": 443}], "env": {}}


def test_maintenance_mode_put_back_is_the_config_of_before() -> None:
    config: dict[str, Json] = {"env": {"APP_ENV": "production"}, "guest": {"cpus": 1}}

    assert with_maintenance(with_maintenance(config, "true"), None) == config


@given(config=CONFIGS, key=st.text(max_size=8))
def test_the_hash_of_a_config_changes_with_any_key(config: dict[str, Json], key: str) -> None:
    changed = {**config, key: [config.get(key), "more"]}

    assert config_hash(changed) != config_hash(config)
    assert config_hash(dict(reversed(config.items()))) == config_hash(config)


def test_what_is_planned_for_a_machine_is_the_config_that_it_will_have() -> None:
    config: dict[str, Json] = {"image": "old", "env": {"MAINTENANCE_MODE": "false"}, "new_key_of_fly": [1, 2]}
    machine = Machine(
        id=MachineId("148e0001"),
        instance_id="01HV",
        state="started",
        digest=ImageDigest(OLD),
        tag="v0.4.9",
        config=config,
        checks={"health": "passing"},
    )

    plan = planned(machine, app="drop-app", image=NEW, tag="v0.5.0")

    assert plan.config_hash == config_hash(with_image(config, app="drop-app", image=NEW, tag="v0.5.0"))
    assert (plan.id, plan.instance_id, plan.maintenance) == ("148e0001", "01HV", "false")


@pytest.mark.parametrize(
    ("state", "checks", "healthy"),
    [
        ("started", {"health": "passing"}, True),
        ("started", {"health": "passing", "tcp": "critical"}, False),
        ("started", {"health": "warning"}, False),
        ("started", {}, False),
        ("stopped", {"health": "passing"}, False),
    ],
)
def test_a_machine_is_healthy_when_it_is_started_and_every_check_passes(
    state: str, checks: dict[str, str], healthy: bool
) -> None:
    machine = Machine(id=MachineId("m"), instance_id="i", state=state, digest=OLD, tag="", config={}, checks=checks)

    assert machine.healthy is healthy


def test_a_machine_without_an_environment_has_no_maintenance_mode() -> None:
    machine = Machine(id=MachineId("m"), instance_id="i", state="", digest=OLD, tag="", config={}, checks={})

    assert (machine.env, machine.maintenance) == ({}, None)
    assert opened().plan is None
    assert ItemId("lint") in {result.item for result in PLAN.results}
