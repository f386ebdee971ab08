"""The fixtures stand in support/fixtures.py."""

pytest_plugins = ["support.fixtures"]
