"""Reads YAML without guessing: every scalar stays the text that was written, so `0200`, `NO` and `0.10` arrive as written.

The fields of the account file decide what a text means; the usual YAML rules would make 128, false and a float of them.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

from ledgerwire.common.errors import ConfigurationError

_NOTHING = {"", "~", "null"}


class _Loader(yaml.SafeLoader):
    """Scalars as text, nothing as None, each key once."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way to say that no scalar is special

    def construct_text(self, node: yaml.ScalarNode) -> str | None:
        text = str(self.construct_scalar(node))
        return None if node.style is None and text.lower() in _NOTHING else text

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_constructor("tag:yaml.org,2002:str", _Loader.construct_text)


def load(text: str, source: str) -> dict[str, Any]:
    """The mapping a YAML text holds; ConfigurationError with line and column if it is none or cannot be read."""
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from the safe loader
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{source}: {_where(error)}") from None
    if not isinstance(value, dict):
        raise ConfigurationError(f"{source}: a mapping of sections is expected")
    return value


def _where(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return "this is not YAML"
