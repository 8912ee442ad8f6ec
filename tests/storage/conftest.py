"""What the tests of the record start from: every database that can hold it, empty and upgraded."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from storage.engine import record_engine
from storage.upgrade import upgrade
from storage.work import SqlRecord
from tests.storage.queue import create_queue, enqueue


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that holds nothing yet. Another kind of database joins here."""
    return {"sqlite": f"sqlite:///{tmp_path}/drop.db"}[request.param]


@pytest.fixture
def empty(url: str) -> Iterator[Engine]:
    """An engine over a database without tables."""
    engine = record_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty: Engine) -> Engine:
    upgrade(empty)
    create_queue(empty)
    return empty


@pytest.fixture
def record(engine: Engine) -> SqlRecord:
    return SqlRecord(engine, enqueue)
