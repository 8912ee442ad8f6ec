"""An office for the tests of the commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path)
    yield opened
    opened.closes()
