"""What the app may do and is told, read from its manifest: scopes, commands, events, and what is switched on."""

from dataclasses import dataclass
from pathlib import Path

from sandbox import yaml_files
from sandbox.slack.wire import Object, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The installed app. `scopes` None means: no manifest was given, so nothing is checked."""

    scopes: frozenset[str] | None = None
    commands: frozenset[str] = frozenset({"/drop"})
    verbs: tuple[str, ...] = ()  # what the usage hint of /drop offers
    events: frozenset[str] = frozenset()
    messages_tab: bool = True
    messages_read_only: bool = False
    home_tab: bool = True
    interactivity: bool = True

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """The manifest as the developer wrote it in YAML."""
        given: Object = yaml_files.read(path.read_text(encoding="utf-8"))
        features, settings = given.get("features", {}), given.get("settings", {})
        commands = {command["command"]: command for command in features.get("slash_commands", [])}
        home = features.get("app_home", {})
        return cls(
            scopes=frozenset(given["oauth_config"]["scopes"]["bot"]),
            commands=frozenset(commands),
            verbs=tuple(commands.get("/drop", {}).get("usage_hint", "").split(" | ")),
            events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
            messages_tab=bool(home.get("messages_tab_enabled")),
            messages_read_only=bool(home.get("messages_tab_read_only_enabled")),
            home_tab=bool(home.get("home_tab_enabled")),
            interactivity=bool(settings.get("interactivity", {}).get("is_enabled")),
        )

    def requires(self, scope: str) -> None:
        """Refuse what the app was not installed for."""
        if self.scopes is not None and scope not in self.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))
