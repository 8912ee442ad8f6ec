"""What stands before a test begins: a hall full of people, or a deployment in the middle and no bot."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.settings import read_settings
from sandbox.server import Sandbox
from tests.bot.begun import Begun, begin
from tests.bot.crowd import Hall, empty_record, hall


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record that holds nothing, to be copied."""
    return empty_record(tmp_path_factory.mktemp("record"))


@pytest.fixture
async def full(tmp_path: Path, empty: Path) -> AsyncIterator[Hall]:
    async with hall(tmp_path, empty) as found:
        yield found


@pytest.fixture
def begun(workplace: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Begun:
    """A deployment in the middle, and no bot."""
    for name, value in workplace.environment().items():
        monkeypatch.setenv(name, value)
    return begin(workplace, read_settings())
