"""Mapping files: their kinds by suffix, read and written."""

from __future__ import annotations

from pathlib import Path

import yaml

from ledgerwire.common.errors import ConfigurationError
from ledgerwire.tenants import mapping_table
from ledgerwire.tenants.mapping_file import MappingSection

UNREADABLE = "MAPPING_FILE_UNREADABLE"


def read_mapping_file(file: Path) -> MappingSection:
    """The mapping of a .csv, .yaml or .yml file.

    Raises:
        ConfigurationError: another kind of file, or not UTF-8. Stopped: a finding for each row that is wrong.
    """
    writer_for(file)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file}: {error}", code=UNREADABLE) from None
    return mapping_table.from_csv(text) if file.suffix.lower() == ".csv" else mapping_table.from_yaml(text)


def writer_for(file: Path) -> mapping_table.Writer:
    """What writes a mapping as this kind of file; ConfigurationError for a kind that there is not."""
    suffix = file.suffix.lower()
    if suffix == ".csv":
        return mapping_table.to_csv
    if suffix in {".yaml", ".yml"}:
        return _to_yaml
    raise ConfigurationError(f"{file}: a mapping file ends in .csv, .yaml or .yml", code=UNREADABLE)


def _to_yaml(content: MappingSection) -> str:
    plain = content.model_dump(mode="json", exclude_none=True)
    return yaml.safe_dump({"mapping": plain}, sort_keys=False, allow_unicode=True)
