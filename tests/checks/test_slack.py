"""slack.channel: whether the bot can speak where it must, and nobody outside reads it."""

from dataclasses import dataclass, replace

import pytest

from checklist.errors import Outage
from checklist.kinds import Check, SlackChannel
from checklist.marks import Outcome, Verdict
from checklist.ports import ChannelInfo
from checks.reading import checker
from checks.slack import SlackChecks

CHANNEL = ChannelInfo(id="C0DROPDEPLOY", team="T0ALAI", is_member=True, is_archived=False, is_shared=False)


@dataclass
class OneChannel:
    """A workspace with at most one channel, or one that does not answer."""

    seen: ChannelInfo | None = None
    down: bool = False

    async def channel(self, id: str) -> ChannelInfo | None:
        if self.down:
            raise Outage("Slack", "did not answer", retry=True)
        return self.seen


async def answer(workspace: OneChannel) -> Verdict:
    read = checker(SlackChannel, SlackChecks(workspace).channel)
    return await read(Check(SlackChannel(channel="C0DROPDEPLOY", team="T0ALAI")))


async def test_a_channel_of_the_team_s_own_passes() -> None:
    verdict = await answer(OneChannel(CHANNEL))

    assert verdict.outcome is Outcome.PASSED
    assert verdict.evidence["team"] == "T0ALAI"


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (replace(CHANNEL, id="C0OTHER"), "it is C0OTHER, not C0DROPDEPLOY"),
        (replace(CHANNEL, team="T0EVIL"), "it belongs to team T0EVIL, not T0ALAI"),
        (replace(CHANNEL, is_member=False), "the bot is not a member"),
        (replace(CHANNEL, is_archived=True), "it is archived"),
        (replace(CHANNEL, is_shared=True), "it is shared with people outside"),
        (None, "the bot sees no channel C0DROPDEPLOY"),
    ],
)
async def test_any_other_channel_fails_and_the_reason_says_why(seen: ChannelInfo | None, words: str) -> None:
    verdict = await answer(OneChannel(seen))

    assert verdict.outcome is Outcome.FAILED
    assert words in verdict.reason


async def test_with_slack_down_nobody_knows() -> None:
    verdict = await answer(OneChannel(down=True))

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == "Slack: did not answer"
