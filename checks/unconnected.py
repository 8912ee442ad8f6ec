"""The answer for a kind of check whose outside system is not connected: nobody looked, so a person must say."""

from checklist.kinds import Check
from checklist.marks import Verdict
from checks.verdicts import inconclusive


async def unconnected(check: Check) -> Verdict:
    who = " or ".join(check.params.roles_named) or "the item's role"
    return inconclusive(f"not connected: {check.kind}; {who} attests", {"kind": str(check.kind)})
