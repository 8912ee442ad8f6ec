"""The bot is killed at random moments of a deployment, and every deployment ends completed, with its history intact."""

import os
import sys
from pathlib import Path

import pytest

from bot.cli import RUN
from sandbox.play import House, kills

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parent.parent
HOUSE = House(
    bot_command=RUN,
    checklist=ROOT / "checklist.yml",
    manifest=ROOT / "manifest.yml",
)
AT_ONCE = 8  # kills of one deployment: more of them, and most would fall on its last step
SOAK = int(os.environ.get("SOAK_KILLS", "40"))


async def test_a_deployment_completes_though_the_bot_is_killed_five_times(tmp_path: Path) -> None:
    happened = await kills(seed=1, count=5, house=HOUSE, folder=tmp_path)

    assert len(happened) == 5


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, SOAK, AT_ONCE))
async def test_every_deployment_completes_whenever_the_bot_is_killed(
    first: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = min(AT_ONCE, SOAK - first)

    happened = await kills(seed=first, count=count, house=HOUSE, folder=tmp_path)

    assert len(happened) == count
    slowest = max(kill.seconds for kill in happened)
    with capsys.disabled():
        sys.stdout.write(f" {count} kills, from process start to the next step {slowest:.1f} s at most ")
