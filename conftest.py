"""Real servers for every test that asks for one, and no network beyond this machine."""

pytest_plugins = ["ledgerwire.common.testing.plugin"]
