"""The text of a configuration as plain values, or the line at which it is no YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from icpfit.errors import ConfigError


class _EachKeyOnce(yaml.SafeLoader):
    """YAML asks for it, PyYAML does not: of two settings of one name it would silently take the last.

    A value that looks like a date or a number and is none (2026-02-30) is an error with its line too.
    """

    def compose_mapping_node(self, anchor: dict[Any, yaml.Node]) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.composer.ComposerError(None, None, f"{key.value!r} stands there twice", key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, ArithmeticError, AttributeError) as error:
            words = f"{str(node.value)[:60]!r} cannot be read as a date or a number; in quotes it is text"
            raise yaml.constructor.ConstructorError(None, None, words, node.start_mark) from error


def read_text(path: Path, what: str, hint: str) -> str:
    """The text of the file at ``path``, which ``what`` names for people.

    Raises:
        ConfigError: there is no such file (``hint`` says what to do), or it is no UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such {what}", hint=hint) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error.__class__.__name__})", hint=f"a {what} is UTF-8 text in YAML") from error


def read_yaml(text: str, path: Path) -> object:
    """The values in the text of the file at ``path``.

    Raises:
        ConfigError: it is not YAML, a key stands twice, or it is nested too deep; with the line, where there is one.
    """
    try:
        return yaml.load(text, Loader=_EachKeyOnce)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigError(f"{path}: not valid YAML{where}: {getattr(error, 'problem', error)}") from error
    except RecursionError:
        raise ConfigError(f"{path}: too many brackets stand inside one another") from None
