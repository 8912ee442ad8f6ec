"""Histories in which the database is migrated: one as it should be, and others that break one invariant alone."""

from collections.abc import Callable

from tests.sandbox.told import NEW, OTHER, Row, Told, ready_to_go

COMMAND = ["npm", "run", "db:migrate"]
MACHINE = "9a8b7c6d5e4f32"


def _launches(told: Told, number: int, step: str = "migrate-up", image: str = NEW) -> None:
    """A one-off machine is meant, made, and started."""
    machine, launch = f"{MACHINE[:-1]}{number}", f"0a1b2c/CR-001/{step}/{number}"
    told.enters("migration.intended", key=f"CR-001/{step}", step=step, number=number, launch=launch)
    _starts(told, machine, launch, image)
    told.enters("migration.settled", key=f"CR-001/{step}", step=step, launch=launch, result="failed")


def _starts(told: Told, machine: str, launch: str, image: str = NEW) -> None:
    metadata = {"drop_launch_id": launch, "fly_process_group": "fly_app_release_command"}
    config: Row = {"image": f"registry.fly.io/drop-app@{image}", "metadata": metadata}
    told.asks_fly("POST", "", response={"id": machine, "config": config})
    told.asks_fly("POST", f"{machine}/start")


def _ready() -> Told:
    told = ready_to_go()
    evidence = {"snapshot": "vs_1", "digest": NEW}
    told.enters("item.checked", item="backup-taken", outcome="passed", reason="made", evidence=evidence)
    return told


def migrated() -> Told:
    """A migration fails, a person has it run again, and later has it taken back."""
    told = _ready()
    _launches(told, 1)
    told.enters("deployment.halted")
    told.decides("john", "retry", "deployment.retried")
    _launches(told, 2)
    told.enters("step.done", step="deploy-trigger")
    told.decides("alem", "rollback", "rollback.started")
    told.decides("john", "confirm", "step.confirmed", item="rb-migrate-down")
    _launches(told, 3, "rb-migrate-down")
    return told


def it_runs_again_by_itself() -> Told:
    told = _ready()
    _launches(told, 1)
    _launches(told, 2)
    return told


def it_is_started_twice() -> Told:
    told = _ready()
    _launches(told, 1)
    told.asks_fly("POST", f"{MACHINE[:-1]}1/start")
    return told


def nobody_meant_it() -> Told:
    told = _ready()
    _starts(told, MACHINE, "0a1b2c/CR-001/migrate-up/1")
    return told


def it_is_taken_back_without_being_asked() -> Told:
    told = _ready()
    told.decides("alem", "rollback", "rollback.started")
    _launches(told, 1, "rb-migrate-down")
    return told


def another_image_migrates() -> Told:
    told = _ready()
    _launches(told, 1, image=OTHER)
    return told


def it_runs_inside_of_a_machine() -> Told:
    told = _ready()
    told.asks_fly("POST", "148e21ea7d0089/exec", body={"command": COMMAND, "timeout": 30})
    return told


def there_is_no_backup() -> Told:
    told = _ready()
    _launches(told, 1)
    told.record = [row for row in told.record if row["body"].get("item") != "backup-taken"]
    return told


FORGERIES: dict[str, list[Callable[[], Told]]] = {
    "I16": [
        it_runs_again_by_itself,
        it_is_started_twice,
        nobody_meant_it,
        it_is_taken_back_without_being_asked,
        another_image_migrates,
        it_runs_inside_of_a_machine,
        there_is_no_backup,
    ],
}
