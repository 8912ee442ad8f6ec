"""The values of `${…}` that the checklist file itself knows; what a deployment adds comes on top."""

from collections.abc import Mapping

from checklist.definition import Checklist


def workplace(checklist: Checklist) -> Mapping[str, str]:
    """Apps, channel, team and database by their binding names. A database that the file leaves out has no value."""
    values = {
        "prod_app": checklist.production.name,
        "prod_url": checklist.production.url,
        "staging_app": checklist.staging.name,
        "staging_url": checklist.staging.url,
        "channel_id": checklist.workspace.channel_id,
        "team_id": checklist.workspace.team_id,
    }
    database = checklist.database
    if database:
        values |= {
            "db_app": database.app,
            "db_volume": database.volume,
            "db_max_connections": str(database.max_connections),
        }
    return values
