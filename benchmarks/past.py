"""A past that nobody had to live through: deployments that are over, inserted straight into the database."""

from sqlalchemy import CTE, Column, ColumnElement, Connection, Table, func, insert, literal, select, true, update

from storage.engine import record_engine
from storage.tables import DeploymentRow, MarkRow, table

FIRST = "CR-001"  # it was opened the product's own way, and is what the others are copied from
DEPLOYMENTS, MARKS = table(DeploymentRow), table(MarkRow)


def insert_past(url: str, many: int) -> None:
    """Complete the first deployment, and copy it with its marks until there are `many`."""
    engine = record_engine(url)
    numbers = _numbers(2, many)
    id = func.printf("CR-%03d", numbers.c.n)
    with engine.begin() as connection:
        connection.execute(update(DEPLOYMENTS).values(status="completed", ended_at=DEPLOYMENTS.c.opened_at))
        _copy(connection, DEPLOYMENTS.c.id, numbers, {"id": id, "number": numbers.c.n})
        _copy(connection, MARKS.c.deployment, numbers, {"deployment": id})
        assert connection.execute(select(func.count()).select_from(DEPLOYMENTS)).scalar() == many
    engine.dispose()


def _numbers(first: int, last: int) -> CTE:
    numbers = select(literal(first).label("n")).cte("numbers", recursive=True)
    return numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < last))


def _copy(connection: Connection, owner: Column[str], numbers: CTE, changed: dict[str, ColumnElement[object]]) -> None:
    """The rows of the first deployment, once for each number."""
    rows: Table = owner.table
    values = [changed.get(column.name, column) for column in rows.c]
    copies = select(*values).select_from(rows.join(numbers, true())).where(owner == FIRST)
    connection.execute(insert(rows).from_select([column.name for column in rows.c], copies))
