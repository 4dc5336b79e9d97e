"""The fixtures of the stand-in, for its own tests."""

from tests.standin.fixtures import project, pull, read_only, shop, standin, token, work

__all__ = ["project", "pull", "read_only", "shop", "standin", "token", "work"]
