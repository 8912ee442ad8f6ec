"""fly.exec against the sandbox's Fly.io, and what a checklist may have run."""

import ast
from pathlib import Path

import pytest
from pydantic import ValidationError

from checklist.kinds import Check, FlyExec
from checklist.marks import Outcome, Verdict
from checklist.redaction import Redactor
from checks.commands import CommandChecks
from checks.reading import checker
from tests.fly.servers import Fly

ROOT = Path(__file__).parent.parent.parent
STATUS = ("npm", "run", "db:migrate:status")


async def answer(fly: Fly, params: FlyExec) -> Verdict:
    return await checker(FlyExec, CommandChecks(fly.fleet, fly.jobs, Redactor()).exec)(Check(params))


def exec_of(*command: str, **more: object) -> FlyExec:
    return FlyExec.model_validate({"kind": "fly.exec", "app": "drop-app", "command": command, **more})


async def test_a_command_that_ends_well_and_says_what_it_should_passes_with_its_output(fly: Fly) -> None:
    verdict = await answer(fly, exec_of(*STATUS, stdout_match="pending: 0"))

    assert verdict.outcome is Outcome.PASSED
    assert verdict.evidence["stdout"] == "applied: 2\npending: 0"
    assert verdict.evidence["command"] == [*STATUS]


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        (exec_of("npm", "run", "nothing"), "ended with exit code 127: sh: 1: nothing: not found"),
        (exec_of(*STATUS, stdout_match="pending: 7"), "did not say “pending: 7”: pending: 0"),
    ],
)
async def test_a_command_that_does_not_end_as_it_should_fails(fly: Fly, params: FlyExec, reason: str) -> None:
    verdict = await answer(fly, params)

    assert verdict.outcome is Outcome.FAILED
    assert reason in verdict.reason


async def test_a_command_that_takes_too_long_is_inconclusive_for_it_may_go_on(fly: Fly) -> None:
    fly.platform.durations.longest_exec = 0.1

    assert (await answer(fly, exec_of("sleep", "20"))).outcome is Outcome.INCONCLUSIVE


async def test_without_a_healthy_machine_nothing_is_run(fly: Fly) -> None:
    for machine in fly.platform.machines("drop-app"):
        machine.stop()

    verdict = await answer(fly, exec_of(*STATUS))

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert not any(entry["path"].endswith("/exec") for entry in fly.platform.log)


async def test_a_check_never_runs_a_command_that_acts(fly: Fly) -> None:
    verdict = await answer(fly, exec_of("npm", "run", "db:migrate", once_per_change=True))

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert not any(entry["path"].endswith("/exec") for entry in fly.platform.log)


@pytest.mark.parametrize(
    "command",
    [
        "npm run db:verify",
        ["sh", "-c", "npm run db:verify"],
        ["/bin/bash", "-c", "true"],
        ["env", "npm"],
        ["npm; rm", "-rf"],
        ["npm|cat"],
        ["$(reboot)"],
        ["npm", "run", "${version}"],
        [],
    ],
)
def test_a_checklist_may_not_have_a_shell_or_a_value_in_a_command(command: object) -> None:
    with pytest.raises(ValidationError):
        FlyExec.model_validate({"kind": "fly.exec", "app": "drop-app", "command": command})


def test_a_look_inside_of_a_machine_is_short(fly: Fly) -> None:
    with pytest.raises(ValidationError, match="30 s"):
        exec_of(*STATUS, timeout="60s")
    assert exec_of(*STATUS, timeout="60s", once_per_change=True).timeout.seconds == 60


def test_the_product_starts_no_shell_and_sends_no_command_as_a_line() -> None:
    """No `shell=True`, no `os.system`, and no `cmd` as a word or a key but the list of a machine's own process."""
    wrong = []
    for package in ("bot", "checklist", "checks", "commands", "fly", "runs", "storage"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if _is_a_shell(node):
                    wrong.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', '?')}")
    assert wrong == []


def _is_a_shell(node: ast.AST) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg in {"shell", "cmd"}
    if isinstance(node, ast.Attribute):
        return node.attr in {"system", "popen"} and isinstance(node.value, ast.Name) and node.value.id == "os"
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        lines = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "cmd"]
        return any(not isinstance(value, ast.List | ast.Call) for value in lines)
    return False
