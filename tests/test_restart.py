"""SIGTERM in the middle of a rollout: the bot ends in order, and the next one goes on."""

import json
from pathlib import Path

import pytest

from sandbox.play import act
from sandbox.stories.restart import restart
from tests.test_kills import HOUSE

pytestmark = pytest.mark.journey


async def test_a_rollout_survives_that_the_bot_is_told_to_stop(tmp_path: Path) -> None:
    await act(restart, HOUSE, tmp_path, say=lambda line: None)

    lines = [json.loads(line) for line in (tmp_path / "bot.log").read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if line["level"] not in {"info", "warning"}] == []
    assert {line["pid"] for line in lines if line["event"] == "serving"} == {
        line["pid"] for line in lines if line["event"] == "running"
    }
    assert sum(line["event"] == "serving" for line in lines) == 2
