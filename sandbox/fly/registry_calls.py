"""The registry over HTTP: does a manifest exist, and what is its digest?"""

from sandbox.fly.calls import Call, Reply
from sandbox.fly.errors import Refused

_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "*/*",
)


async def head_manifest(call: Call) -> Reply:
    """200 with `docker-content-digest`; 404 for what is not there, and for who accepts no manifest."""
    image = call.platform.registry.named(call.params["repository"], call.params["reference"])
    accepted = [kind for kind in _MANIFESTS if kind in call.headers.get("Accept", "*/*")]
    if image is None or not accepted:
        raise Refused(404, "manifest unknown", silent=True)
    kind = _MANIFESTS[1] if accepted[0] == "*/*" else accepted[0]
    return Reply(None, headers={"docker-content-digest": image.digest, "content-type": kind})
