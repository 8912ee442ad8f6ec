"""What the tests of the record start from: every database that can hold it, empty and upgraded."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from storage.engine import record_engine
from storage.work import SqlRecord
from tests.at_rest import upgraded_file
from tests.storage.queue import create_queue, enqueue


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """What every test of the record is run on. Another kind of database joins here."""
    return str(request.param)


@pytest.fixture
def empty(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine over a database without tables."""
    sqlite = kind == "sqlite"
    engine = record_engine(f"sqlite:///{tmp_path}/drop.db" if sqlite else request.getfixturevalue("empty_postgres"))
    yield engine
    engine.dispose()


@pytest.fixture
def engine(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine over a database with the record's tables, and none of the record's rows."""
    sqlite = kind == "sqlite"
    engine = record_engine(
        upgraded_file(tmp_path / "drop.db") if sqlite else request.getfixturevalue("upgraded_postgres")
    )
    create_queue(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def url(engine: Engine) -> str:
    """The address of the upgraded database."""
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def record(engine: Engine) -> SqlRecord:
    return SqlRecord(engine, enqueue)
