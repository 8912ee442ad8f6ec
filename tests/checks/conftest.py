"""What the tests of checks start from: the sandbox's Fly.io and Drop app, and a server for odd answers."""

from tests.fly.fixtures import fly, http, naps, odd

__all__ = ["fly", "http", "naps", "odd"]
