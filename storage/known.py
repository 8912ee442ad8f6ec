"""Deployments as they stand in the database, so that one that has not changed is not put together again."""

from collections import OrderedDict
from collections.abc import Mapping

from sqlalchemy import Row

from checklist.deployment import Deployment
from checklist.words import DeploymentId
from storage.rows import row_of

MOST = 8  # the open one, and those that somebody just looked at


class Known:
    """The last deployments that were read or committed, each under the columns that are its own.

    A save counts the row's revision up, so a row that reads the same belongs to marks, steps and signatures that are
    the same. What a transaction wrote is kept once it is committed, never before.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[DeploymentId, tuple[Mapping[str, object], Deployment]] = OrderedDict()

    def under(self, row: Row[*tuple[object, ...]]) -> Deployment | None:
        """The deployment whose row reads just like this one."""
        kept, columns = self._kept.get(row.id), row._mapping
        return kept[1] if kept and all(columns[name] == value for name, value in kept[0].items()) else None

    def keep(self, deployment: Deployment) -> None:
        """To be told of what was read from the database, or is committed there."""
        self._kept[deployment.id] = row_of(deployment), deployment
        self._kept.move_to_end(deployment.id)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
