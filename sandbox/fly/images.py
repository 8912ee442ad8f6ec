"""The registry: which image a tag or a digest names."""

import hashlib
import re
from dataclasses import dataclass

from sandbox import seed
from sandbox.faults import Faults
from sandbox.fly.documents import Json

REGISTRY = "registry.fly.io"
MOVABLE_TAG = "v0.5.0"

_REFERENCE = re.compile(
    r"(?:(?P<registry>[^/\s]+\.[^/\s]+)/)?(?P<repository>[^:@\s]+)(?::(?P<tag>\w[\w.-]*))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True, slots=True)
class Image:
    """What was once pushed; the version is what the app inside answers."""

    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Reference:
    """An image as a machine's configuration names it, by tag, by digest or both."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @classmethod
    def parse(cls, text: str) -> "Reference | None":
        match = _REFERENCE.fullmatch(text)
        if match is None:
            return None
        tag = match["tag"] or (None if match["digest"] else "latest")
        return cls(match["registry"] or "docker-hub-mirror.fly.io", match["repository"], tag, match["digest"])

    def document(self, image: Image | None) -> Json:
        """`image_ref`: a machine that was deployed by digest has no tag (docs: the machines list)."""
        digest = self.digest or (image.digest if image else "")
        tag = {"tag": self.tag} if self.tag else {}
        return {"registry": self.registry, "repository": self.repository, **tag, "digest": digest, "labels": {}}


class Registry:
    """The repository of the app's images. While the fault `tag-moved` is on, one tag names another image."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._tags = {tag: _image(tag, pushed=1) for tag in seed.IMAGE_TAGS}
        self._moved = _image(MOVABLE_TAG, pushed=2)
        self._images = {image.digest: image for image in (*self._tags.values(), self._moved)}

    def tagged(self, tag: str) -> Image | None:
        if tag == MOVABLE_TAG and self._faults.on("tag-moved"):
            return self._moved
        return self._tags.get(tag)

    def with_digest(self, digest: str) -> Image | None:
        return self._images.get(digest)

    def named(self, repository: str, reference: str) -> Image | None:
        """What `reference`, a tag or a digest, names in a repository."""
        if repository != seed.IMAGE_REPOSITORY:
            return None
        return self.with_digest(reference) if reference.startswith("sha256:") else self.tagged(reference)

    def pulled(self, reference: Reference) -> Image | None:
        """What a machine gets for a reference; None when the pull would fail."""
        if reference.registry != REGISTRY:
            return None
        return self.named(reference.repository, reference.digest or reference.tag or "")

    def label(self, digest: str) -> str | None:
        """The tag that people know an image by, even where the platform shows only its digest."""
        image = self.with_digest(digest)
        return f"v{image.version}" if image else None

    def forget(self, tag: str) -> None:
        """Prune an image, as the platform may do with old ones."""
        image = self._tags.pop(tag)
        del self._images[image.digest]


def _image(tag: str, *, pushed: int) -> Image:
    content = f"{seed.IMAGE_REPOSITORY}:{tag} pushed {pushed}"
    return Image(tag.removeprefix("v"), "sha256:" + hashlib.sha256(content.encode()).hexdigest())
