"""slack.channel: can the bot speak where it must, and does nobody outside read it?"""

from checklist.kinds import SlackChannel
from checklist.marks import Verdict
from checklist.ports import ChannelInfo, Workspace
from checklist.record import Json
from checks.verdicts import failed, passed


class SlackChecks:
    """Reads channels through the port Workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def channel(self, params: SlackChannel) -> Verdict:
        seen = await self._workspace.channel(params.channel)
        if seen is None:
            return failed(f"the bot sees no channel {params.channel}", {"channel": params.channel})
        evidence: dict[str, Json] = {
            "channel": seen.id,
            "team": seen.team,
            "is_member": seen.is_member,
            "is_archived": seen.is_archived,
            "is_shared": seen.is_shared,
        }
        wrong = _wrong(seen, params)
        if wrong:
            return failed(f"channel {seen.id}: {', '.join(wrong)}", evidence)
        return passed(f"the bot is in channel {seen.id}, which is this team's alone", evidence)


def _wrong(seen: ChannelInfo, params: SlackChannel) -> list[str]:
    faults = {
        f"it is {seen.id}, not {params.channel}": seen.id != params.channel,
        f"it belongs to team {seen.team}, not {params.team}": seen.team != params.team,
        "the bot is not a member": not seen.is_member,
        "it is archived": seen.is_archived,
        "it is shared with people outside": seen.is_shared,
    }
    return [words for words, true in faults.items() if true]
