"""Histories of machines that took the place of others: each breaks one invariant, and that one alone."""

from collections.abc import Callable
from datetime import timedelta

from tests.sandbox.told import FIRST, NEW, OTHER, SECOND, Row, Told, ready_to_go

GREEN = "5f5b3ca36aceb0"
LAUNCH = f"CR-001/{FIRST}/1"


def _made(told: Told, *, meant: bool = True, image: str = NEW) -> None:
    """A new machine beside the first one."""
    if meant:
        told.enters("machine.create.intended", key=LAUNCH, blue=FIRST, step="deploy-trigger")
    config = {"image": f"registry.fly.io/drop-app@{image}", "metadata": {"drop_launch_id": LAUNCH}}
    told.asks_fly("POST", "", body={"config": config}, response={"id": GREEN})
    told.fly[-1]["path"] = told.fly[-1]["path"].rstrip("/")
    if meant:
        told.enters("machine.create.settled", key=LAUNCH, blue=FIRST, machine=GREEN, result="made")


def _does(told: Told, deed: str, machine: str) -> None:
    told.enters(f"machine.{deed}.intended", machine=machine, step="deploy-trigger")
    _asks(told, deed, machine)
    told.enters(f"machine.{deed}.settled", machine=machine, step="deploy-trigger")


def _asks(told: Told, deed: str, machine: str) -> None:
    told.leases(machine)
    headers = {"fly-machine-lease-nonce": f"nonce-{machine}"}
    if deed == "destroy":
        told.asks_fly("DELETE", machine, headers=headers)
    else:
        told.asks_fly("POST", f"{machine}/{deed}", headers=headers)


def _asked(told: Told, deed: str) -> Row:
    """The last request that did this."""
    return next(
        asked
        for asked in reversed(told.fly)
        if asked["path"].endswith(f"/{deed}") or (deed == "destroy" and asked["method"] == "DELETE")
    )


def _let_in(told: Told) -> None:
    told.enters("machine.replaced", key=LAUNCH, blue=FIRST, machine=GREEN)
    told.enters("no_return.passed", key="deploy-trigger")
    _does(told, "uncordon", GREEN)


def replaced() -> Told:
    """A new machine in the place of the first one, which is gone."""
    told = ready_to_go()
    _made(told)
    _let_in(told)
    for deed in ("cordon", "stop", "destroy"):
        _does(told, deed, FIRST)
    return told


def changed_by_hand_and_destroyed(*, after: timedelta = timedelta()) -> Told:
    """Another hand changed a machine that had been let go already; then it was destroyed."""
    told = ready_to_go()
    told.reads(FIRST, "01A", OTHER)
    told.enters("production.known")
    _made(told)
    _let_in(told)
    for deed in ("cordon", "stop"):
        _does(told, deed, FIRST)
    told.reads(FIRST, "01B", NEW)
    told.later(after)
    _does(told, "destroy", FIRST)
    told.later(timedelta(minutes=5))
    return told


def taken_back() -> Told:
    """A new machine that was destroyed before it was let in."""
    told = ready_to_go()
    _made(told)
    _does(told, "destroy", GREEN)
    return told


def destroyed_on_a_lost_host() -> Told:
    """A machine that nobody can lease, for its host does not answer: Fly.io asks for no nonce there."""
    told = replaced()
    told.asks_fly("GET", "", response=[{"id": SECOND, "instance_id": "01A", "host_status": "unreachable"}])
    told.enters("machine.destroy.intended", machine=SECOND, step="deploy-trigger")
    told.asks_fly("DELETE", SECOND)
    return told


def a_new_machine_runs_what_nobody_signed() -> Told:
    told = ready_to_go()
    _made(told, image=OTHER)
    return told


def a_new_machine_has_no_intent() -> Told:
    told = ready_to_go()
    _made(told, meant=False)
    return told


def a_launch_is_asked_for_twice() -> Told:
    told = replaced()
    again = next(entry for entry in told.fly if entry["method"] == "POST" and entry["path"].endswith("/machines"))
    told.fly.append(told.tick() | {key: value for key, value in again.items() if key not in {"n", "at"}})
    return told


def an_old_machine_is_cordoned_without_an_intent() -> Told:
    told = replaced()
    told.record.remove(told.last("machine.cordon.intended"))
    return told


def a_new_machine_is_let_in_before_the_line_is_written() -> Told:
    told = ready_to_go()
    _made(told)
    _does(told, "uncordon", GREEN)
    return told


def an_old_machine_goes_before_the_line_is_written() -> Told:
    told = ready_to_go()
    _made(told)
    _does(told, "cordon", FIRST)
    return told


def a_new_machine_is_destroyed_beyond_the_line() -> Told:
    """As flyctl did (#3359, #3437)."""
    told = replaced()
    _does(told, "destroy", GREEN)
    return told


def a_machine_is_let_in_without_a_lease() -> Told:
    told = replaced()
    _asked(told, "uncordon")["headers"] = {}
    return told


def a_machine_is_cordoned_without_a_lease() -> Told:
    told = replaced()
    _asked(told, "cordon")["headers"] = {}
    return told


def a_machine_is_stopped_under_the_lease_of_another() -> Told:
    told = replaced()
    _asked(told, "stop")["headers"] = {"fly-machine-lease-nonce": f"nonce-{GREEN}"}
    return told


def a_machine_is_destroyed_under_a_lease_that_was_released() -> Told:
    told = replaced()
    destroyed = told.fly.pop()
    told.asks_fly("DELETE", f"{FIRST}/lease", headers=destroyed["headers"])
    destroyed["n"], told.fly[-1]["n"] = told.fly[-1]["n"], destroyed["n"]
    destroyed["at"], told.fly[-1]["at"] = told.fly[-1]["at"], destroyed["at"]
    told.fly.append(destroyed)
    return told


def a_machine_is_destroyed_under_a_lease_that_had_run_out() -> Told:
    told = replaced()
    told.fly[-2]["response"]["data"]["expires_at"] -= 14
    return told


def a_new_machine_moves_after_the_halt() -> Told:
    told = ready_to_go()
    told.enters("deployment.halted")
    _made(told)
    return told


FORGERIES: dict[str, list[Callable[[], Told]]] = {
    "I1": [a_new_machine_runs_what_nobody_signed],
    "I6": [a_new_machine_has_no_intent, a_launch_is_asked_for_twice, an_old_machine_is_cordoned_without_an_intent],
    "I7": [a_new_machine_moves_after_the_halt],
    "I9": [
        a_machine_is_let_in_without_a_lease,
        a_machine_is_cordoned_without_a_lease,
        a_machine_is_stopped_under_the_lease_of_another,
        a_machine_is_destroyed_under_a_lease_that_was_released,
        a_machine_is_destroyed_under_a_lease_that_had_run_out,
    ],
    "pairs": [
        a_new_machine_is_let_in_before_the_line_is_written,
        an_old_machine_goes_before_the_line_is_written,
        a_new_machine_is_destroyed_beyond_the_line,
    ],
}
