"""Histories of machines that took the place of others: each breaks one invariant, and that one alone."""

from collections.abc import Callable

from tests.sandbox.told import FIRST, NEW, OTHER, Told, ready_to_go

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
    if deed == "destroy":
        told.asks_fly("DELETE", machine)
    else:
        told.asks_fly("POST", f"{machine}/{deed}")


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


def taken_back() -> Told:
    """A new machine that was destroyed before it was let in."""
    told = ready_to_go()
    _made(told)
    _does(told, "destroy", GREEN)
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


def a_new_machine_moves_after_the_halt() -> Told:
    told = ready_to_go()
    told.enters("deployment.halted")
    _made(told)
    return told


FORGERIES: dict[str, list[Callable[[], Told]]] = {
    "I1": [a_new_machine_runs_what_nobody_signed],
    "I6": [a_new_machine_has_no_intent, a_launch_is_asked_for_twice, an_old_machine_is_cordoned_without_an_intent],
    "I7": [a_new_machine_moves_after_the_halt],
    "pairs": [
        a_new_machine_is_let_in_before_the_line_is_written,
        an_old_machine_goes_before_the_line_is_written,
        a_new_machine_is_destroyed_beyond_the_line,
    ],
}
