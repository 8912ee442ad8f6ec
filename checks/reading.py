"""Makes a Checker, which never raises an outage, of what answers one kind of check from its own parameters."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from checklist.errors import Outage
from checklist.kinds import Check, Params
from checklist.marks import Verdict
from checklist.ports import Checker
from checks.verdicts import could_not_tell

P = TypeVar("P", bound=Params)


def checker(params: type[P], read: Callable[[P], Awaitable[Verdict]]) -> Checker:
    """Raises TypeError when it is asked for another kind than its own: that is a mistake in the catalogue."""

    async def answer(check: Check) -> Verdict:
        if not isinstance(check.params, params):
            raise TypeError(f"{check.kind} is not for {params.__name__}")
        try:
            return await read(check.params)
        except Outage as outage:
            return could_not_tell(outage)

    return answer
