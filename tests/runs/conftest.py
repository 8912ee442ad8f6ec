"""What the tests of the runs start from: a production with whatever fleet is wanted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs.production import Opens, opening


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Opens]:
    """Opens a production with the fleet that is wanted."""
    with opening(tmp_path) as opens:
        yield opens
