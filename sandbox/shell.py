"""The host's shell: the product's command line, as whoever has the host types it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """`command` is how the command line is started, `environment` what it finds there."""

    command: Sequence[str]
    environment: Mapping[str, str]

    async def __call__(self, *words: str) -> tuple[int, str]:
        """The exit code, and all that was said. Raises TimeoutError."""
        pipe, merged = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
        process = await asyncio.create_subprocess_exec(
            *self.command, *words, env=dict(self.environment), stdout=pipe, stderr=merged
        )
        async with asyncio.timeout(_PATIENCE_SECONDS):
            said, _ = await process.communicate()
        return process.returncode or 0, said.decode(errors="replace")
