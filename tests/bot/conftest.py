"""A hall full of people, over a record of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.crowd import Hall, empty_record, hall


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record that holds nothing, to be copied."""
    return empty_record(tmp_path_factory.mktemp("record"))


@pytest.fixture
async def full(tmp_path: Path, empty: Path) -> AsyncIterator[Hall]:
    async with hall(tmp_path, empty) as found:
        yield found
