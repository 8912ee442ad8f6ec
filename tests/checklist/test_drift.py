"""Drift: what a run has announced explains a change in production, and nothing else does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from checklist.drift import Intent, KnownMachine, Look, compare, intents, known, shortened
from checklist.plan import Machine, config_hash, with_image, with_maintenance
from checklist.record import Fact, Json, chained
from checklist.words import ImageDigest, MachineId
from tests.checklist.builders import INSIDE, NEW, OLD

FIRST, SECOND = MachineId("148e0001"), MachineId("148e0002")
HAND = ImageDigest("sha256:" + "1" * 64)
CONFIG: Mapping[str, Json] = {
    "image": "registry.fly.io/drop-app:v0.4.9",
    "env": {"LOG_LEVEL": "info", "TOKEN": "hunter2-hunter2"},
    "guest": {"memory_mb": 512},
    "services": [{"internal_port": 8080}],
    "metadata": {},
}


def machine(
    id: MachineId = FIRST, *, digest: ImageDigest = OLD, tag: str = "v0.4.9", state: str = "started"
) -> Machine:
    return Machine(
        id=id, instance_id=f"01{tag}", state=state, digest=digest, tag=tag, config=CONFIG, checks={"alive": "passing"}
    )


def configured(seen: Machine, config: Mapping[str, Json]) -> Machine:
    return replace(seen, config=config)


def released(id: MachineId = FIRST) -> Machine:
    """The machine as the rollout of v0.5.0 leaves it."""
    config = with_image(CONFIG, app="drop-app", image=NEW, tag="v0.5.0")
    return configured(machine(id, digest=NEW, tag="v0.5.0"), config)


def announced(seq: int, left: Machine) -> Intent:
    return Intent(seq=seq, machine=left.id, state=(left.digest, config_hash(left.config)))


BEFORE = (known(machine(FIRST), since=10), known(machine(SECOND), since=10))


def look(*seen: Machine, by: Sequence[Intent] = (), before: tuple[KnownMachine, ...] = BEFORE) -> Look:
    return compare(before, seen, by, 99)


def test_what_is_as_it_was_known_is_no_drift_whatever_version_fly_counts() -> None:
    restarted = replace(machine(), instance_id="01OTHER", state="stopped")

    found = look(restarted, machine(SECOND))

    assert found.lines == ()
    assert found.known[0].instance_id == "01OTHER"


def test_what_a_run_has_announced_is_known_from_then_on() -> None:
    found = look(released(), machine(SECOND), by=[announced(11, released())])

    assert found.lines == ()
    assert (found.known[0].digest, found.known[0].since) == (NEW, 11)


def test_the_same_change_to_a_machine_of_which_nothing_was_announced_is_drift() -> None:
    found = look(released(), released(SECOND), by=[announced(11, released())])

    assert found.machines == (SECOND,)
    assert found.lines == (
        f"machine {SECOND} now runs v0.5.0 (555555555555), not v0.4.9 (444444444444)",
        f"metadata was removed in the config of machine {SECOND}",
        f"metadata.drop_image_tag was added in the config of machine {SECOND}",
    )


def test_what_was_announced_before_the_machine_was_known_explains_nothing_any_more() -> None:
    found = look(released(), machine(SECOND), by=[announced(10, released())])

    assert found.machines == (FIRST,)


def test_a_machine_on_its_way_to_what_was_announced_is_awaited() -> None:
    moving = replace(released(), digest=OLD, state="replacing")

    found = look(moving, machine(SECOND), by=[announced(11, released())])

    assert (found.lines, found.known) == ((), BEFORE)


def test_another_image_under_the_announced_config_is_drift() -> None:
    found = look(replace(released(), digest=HAND, tag="v0.4.1"), machine(SECOND), by=[announced(11, released())])

    assert found.lines[0] == f"machine {FIRST} now runs v0.4.1 (111111111111), not v0.4.9 (444444444444)"


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({**CONFIG, "env": {"LOG_LEVEL": "info"}}, f"TOKEN was removed in the environment of machine {FIRST}"),
        (
            {**CONFIG, "env": {"LOG_LEVEL": "info", "TOKEN": "another-secret"}},
            f"TOKEN was changed in the environment of machine {FIRST}",
        ),
        (with_maintenance(CONFIG, "true"), f"MAINTENANCE_MODE was added in the environment of machine {FIRST}"),
        ({**CONFIG, "guest": {"memory_mb": 1024}}, f"guest.memory_mb was changed in the config of machine {FIRST}"),
        (
            {**CONFIG, "services": [{"internal_port": 80}]},
            f"services[0].internal_port was changed in the config of machine {FIRST}",
        ),
        ({**CONFIG, "metadata": {"note": "x"}}, f"metadata.note was added in the config of machine {FIRST}"),
        ({**CONFIG, "schedule": None}, f"schedule was added in the config of machine {FIRST}"),
    ],
)
def test_what_differs_is_named_by_its_path_and_never_by_its_value(config: Mapping[str, Json], line: str) -> None:
    found = look(configured(machine(), config), machine(SECOND))

    assert line in found.lines
    assert "secret" not in str(found)
    assert "hunter2" not in str(found)


def test_a_machine_more_and_a_machine_fewer_are_drift() -> None:
    more = look(machine(), machine(SECOND), machine(MachineId("148e0003")))
    fewer = look(machine())

    assert more.lines == ("machine 148e0003 is new, and runs v0.4.9 (444444444444)",)
    assert fewer.lines == (f"machine {SECOND} is gone",)
    assert [one.id for one in fewer.found] == [FIRST]


def test_a_machine_whose_host_cannot_be_reached_is_an_outage_and_no_drift() -> None:
    away = replace(machine(SECOND), config={}, digest=ImageDigest(""), tag="", state="started, host unreachable")

    found = look(machine(), away)

    assert (found.lines, found.known, found.found) == ((), BEFORE, BEFORE)


def test_the_same_drift_has_the_same_key_and_a_further_one_another() -> None:
    once, again = look(machine(), released(SECOND)), look(machine(), replace(released(SECOND), instance_id="01X"))
    more = look(released(), released(SECOND))

    assert once.key == again.key
    assert more.key != once.key


def test_what_was_acknowledged_is_drift_no_more() -> None:
    acknowledged = look(machine(), released(SECOND)).found

    assert look(machine(), released(SECOND), before=acknowledged).lines == ()
    assert look(machine(), machine(SECOND), before=acknowledged).machines == (SECOND,)


def test_intents_are_read_from_the_entries_of_runs() -> None:
    body: dict[str, Json] = {"key": "CR-001/deploy-trigger/148e0001", "machine": FIRST, "config": "c0", "image": NEW}
    first = chained(Fact(kind="machine.update.intended", at=INSIDE, by="bot", body=body), after=None)
    other = chained(Fact(kind="machine.update.settled", at=INSIDE, by="bot", body=body), after=first)

    assert intents([first, other]) == (Intent(seq=1, machine=FIRST, state=(NEW, "c0")),)


def test_a_message_names_the_first_changes_and_counts_the_others() -> None:
    lines = [f"line {number}" for number in range(8)]

    assert shortened(lines) == (*lines[:5], "and 3 more")
    assert shortened(lines[:5]) == tuple(lines[:5])
