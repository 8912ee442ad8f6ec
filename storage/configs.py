"""Kept configs in SQL: one row for each machine that a deployment was about to touch."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, insert, select

from checklist.kept import KeptConfig
from checklist.words import DeploymentId, MachineId
from storage.tables import KeptConfigRow, table

CONFIGS = table(KeptConfigRow)
KEEP = insert(CONFIGS)
DROP = delete(CONFIGS).where(CONFIGS.c.deployment == bindparam("of"))
KEPT = select(CONFIGS).where(CONFIGS.c.deployment == bindparam("of")).order_by(CONFIGS.c.machine)


class SqlConfigs:
    """The port Configs over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, deployment: DeploymentId, configs: Iterable[KeptConfig]) -> None:
        self._connection.execute(DROP, {"of": deployment})
        rows = [{"deployment": deployment, **_row(config)} for config in configs]
        if rows:
            self._connection.execute(KEEP, rows)

    def of(self, deployment: DeploymentId) -> tuple[KeptConfig, ...]:
        rows = self._connection.execute(KEPT, {"of": deployment})
        return tuple(
            KeptConfig(machine=MachineId(row.machine), instance_id=row.instance_id, body=row.body, hidden=row.hidden)
            for row in rows
        )


def _row(config: KeptConfig) -> dict[str, object]:
    return {
        "machine": config.machine,
        "instance_id": config.instance_id,
        "body": config.body,
        "hidden": config.hidden,
    }
