"""The table of every path that the platform knows, and of those that it knows but does not serve here."""

from aiohttp import web

from sandbox.fly import (
    app_calls,
    creation,
    exec_calls,
    graphql_calls,
    lease_calls,
    log_calls,
    machine_calls,
    metadata_calls,
    registry_calls,
    release_calls,
    secret_calls,
    volume_calls,
    waiting,
)
from sandbox.fly.calls import Call, Reply
from sandbox.fly.door import Answer, Endpoint
from sandbox.fly.errors import Refused
from sandbox.fly.limits import GET_MACHINE
from sandbox.fly.platform import Platform

_APP = "/fly/v1/apps/{app}"
_MACHINES = _APP + "/machines"
_MACHINE = _MACHINES + "/{machine}"
_VOLUMES = _APP + "/volumes"
_SNAPSHOTS = _VOLUMES + "/{volume}/snapshots"
_SECRETS = _APP + "/secrets"
_API = "/fly/api/v1"
_RELEASES = _API + "/apps/{app}/releases"


def routes(platform: Platform) -> list[web.RouteDef]:
    """Everything under /fly and /registry."""
    table = [*_served(), *_disks_and_secrets(), *_beside_the_machines(), *_not_served()]
    return [endpoint.route(platform) for endpoint in table]


def _served() -> list[Endpoint]:
    return [
        Endpoint("GET", "/fly/v1/tokens/current", app_calls.current_tokens),
        Endpoint("GET", _APP, app_calls.get_app),
        Endpoint("GET", _MACHINES, machine_calls.list_machines),
        Endpoint("POST", _MACHINES, creation.create_machine, writes=True),
        Endpoint("GET", _MACHINE, machine_calls.get_machine, limit=GET_MACHINE),
        Endpoint("POST", _MACHINE, machine_calls.update_machine, writes=True),
        Endpoint("DELETE", _MACHINE, creation.destroy_machine, writes=True),
        Endpoint("GET", _MACHINE + "/wait", waiting.wait_for_state, live=True),
        Endpoint("POST", _MACHINE + "/start", machine_calls.start_machine, writes=True),
        Endpoint("POST", _MACHINE + "/stop", machine_calls.stop_machine, writes=True),
        Endpoint("POST", _MACHINE + "/suspend", machine_calls.suspend_machine, writes=True),
        Endpoint("POST", _MACHINE + "/restart", machine_calls.restart_machine, writes=True),
        Endpoint("POST", _MACHINE + "/signal", machine_calls.signal_machine, writes=True),
        Endpoint("POST", _MACHINE + "/exec", exec_calls.exec_command, writes=True),
        Endpoint("GET", _MACHINE + "/ps", exec_calls.list_processes),
        Endpoint("GET", _MACHINE + "/metadata", metadata_calls.get_metadata),
        Endpoint("PUT", _MACHINE + "/metadata", metadata_calls.replace_metadata, writes=True),
        Endpoint("PATCH", _MACHINE + "/metadata", metadata_calls.merge_metadata, writes=True),
        Endpoint("POST", _MACHINE + "/metadata/{key}", metadata_calls.set_value, writes=True),
        Endpoint("DELETE", _MACHINE + "/metadata/{key}", metadata_calls.delete_value, writes=True),
        Endpoint("POST", _MACHINE + "/cordon", machine_calls.cordon_machine, writes=True),
        Endpoint("POST", _MACHINE + "/uncordon", machine_calls.uncordon_machine, writes=True),
        Endpoint("GET", _MACHINE + "/events", machine_calls.list_events),
        Endpoint("GET", _MACHINE + "/versions", machine_calls.list_versions),
        Endpoint("POST", _MACHINE + "/lease", lease_calls.take_lease, writes=True),
        Endpoint("GET", _MACHINE + "/lease", lease_calls.get_lease),
        Endpoint("DELETE", _MACHINE + "/lease", lease_calls.release_lease, writes=True),
    ]


def _disks_and_secrets() -> list[Endpoint]:
    return [
        Endpoint("GET", _VOLUMES, volume_calls.list_volumes),
        Endpoint("POST", _VOLUMES, volume_calls.create_volume, writes=True),
        Endpoint("GET", _VOLUMES + "/{volume}", volume_calls.get_volume),
        Endpoint("GET", _SNAPSHOTS, volume_calls.list_snapshots),
        Endpoint("POST", _SNAPSHOTS, volume_calls.schedule_snapshot, writes=True),
        Endpoint("GET", _SECRETS, secret_calls.list_secrets),
        Endpoint("POST", _SECRETS, secret_calls.set_secrets, writes=True),
        Endpoint("POST", _SECRETS + "/{name}", secret_calls.set_secret, writes=True),
        Endpoint("DELETE", _SECRETS + "/{name}", secret_calls.delete_secret, writes=True),
    ]


def _beside_the_machines() -> list[Endpoint]:
    """What is not of the Machines API: releases, GraphQL, logs, the registry. No limits are documented for them."""
    return [
        _of_releases("POST", _API + "/releases", release_calls.create_release, writes=True),
        _of_releases("GET", _API + "/releases/all_current", release_calls.all_current),
        _of_releases("PATCH", _API + "/releases/{release}", release_calls.update_release, writes=True),
        _of_releases("GET", _RELEASES, release_calls.list_releases),
        _of_releases("GET", _RELEASES + "/current", release_calls.current_release),
        Endpoint(
            "POST", "/fly/graphql", graphql_calls.ask, limit=None, outage="graphql-down", refused=graphql_calls.refused
        ),
        Endpoint("GET", _API + "/apps/{app}/logs", log_calls.list_logs, limit=None),
        Endpoint(
            "HEAD",
            "/registry/v2/{repository:.+}/manifests/{reference}",
            registry_calls.head_manifest,
            limit=None,
            registry=True,
            outage="registry-down",
        ),
    ]


def _of_releases(method: str, path: str, answer: Answer, *, writes: bool = False) -> Endpoint:
    return Endpoint(method, path, answer, writes=writes, limit=None, outage="releases-down")


def _not_served() -> list[Endpoint]:
    known = [
        ("*", _VOLUMES + "/{rest:.*}"),
        ("GET", _SECRETS + "/{name}"),
    ]
    return [Endpoint(method, path, _unbuilt, limit=None) for method, path in known] + [
        Endpoint("*", "/fly/{rest:.*}", _unknown, limit=None),
        Endpoint("*", "/registry/{rest:.*}", _unknown, limit=None, registry=True, outage="registry-down"),
    ]


async def _unbuilt(call: Call) -> Reply:
    raise Refused(501, "the sandbox's Fly.io does not serve this endpoint")


async def _unknown(call: Call) -> Reply:
    """A path that no route knows: plain text, as Go's router answers."""
    return Reply("404 page not found\n", status=404)
