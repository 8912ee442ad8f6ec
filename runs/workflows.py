"""The runs as sequences of parts. Who carries out a part remembers its result, so that it is not carried out again."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeVar

from runs.conduct import Conductor

T = TypeVar("T")
Part = Callable[..., Coroutine[Any, Any, T]]  # Any: what else a coroutine may be sent is nobody's concern here
MOST_STEPS = 50


class CarryOut(Protocol):
    """Carries out one part, or gives its result when it was carried out before."""

    def __call__(self, name: str, part: Part[T], *arguments: str) -> Coroutine[Any, Any, T]: ...


# It takes the conductor, who carries out the parts, and what the run was queued with.
Workflow = Callable[..., Coroutine[Any, Any, None]]


async def prepare(conductor: Conductor, carry_out: CarryOut, deployment: str, run: str) -> None:
    """Survey production, then read every check."""
    await carry_out("survey", conductor.survey, deployment)
    await carry_out("check", conductor.check, deployment)


async def check(conductor: Conductor, carry_out: CarryOut, deployment: str, run: str, item: str) -> None:
    """Survey production, then read the checks of an item, of a section, or all."""
    await carry_out("survey", conductor.survey, deployment)
    await carry_out("check", conductor.check, deployment, item)


async def deploy(conductor: Conductor, carry_out: CarryOut, deployment: str, run: str) -> None:
    """Go through the run-book from where it stands, as far as no person is needed."""
    if not await carry_out("preflight", conductor.preflight, deployment):
        return
    await _go_through(conductor, carry_out, conductor.deploy_step, deployment)


async def finish(conductor: Conductor, carry_out: CarryOut, deployment: str, run: str) -> None:
    """The same whatever the hour, as an approver has decided. Production was touched before."""
    await _go_through(conductor, carry_out, conductor.finish_step, deployment)


async def rollback(conductor: Conductor, carry_out: CarryOut, deployment: str, run: str) -> None:
    """Go through the rollback's run-book from where it stands, as far as no person is needed."""
    for _ in range(MOST_STEPS):
        if not await carry_out("step", conductor.rollback_step, deployment):
            break
    await carry_out("close", conductor.close_rollback, deployment)


async def _go_through(conductor: Conductor, carry_out: CarryOut, step: Part[bool], deployment: str) -> None:
    for _ in range(MOST_STEPS):
        if not await carry_out("step", step, deployment):
            break
    if await carry_out("close", conductor.close_deploy, deployment):
        await carry_out("check", conductor.check, deployment)


WORKFLOWS: Mapping[str, Workflow] = {
    "prepare": prepare,
    "check": check,
    "deploy": deploy,
    "finish": finish,
    "rollback": rollback,
}
