"""Causes found in mapping versions and mapping files (D16). Each names the row of the file, or the setting."""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import Entry, Severity, Side, register

_FILE = "the mapping file, {place}"

register(
    Entry(
        code="MAPPING_SETTING_UNKNOWN",
        severity=Severity.STOP,
        title="A mapping file names a setting that does not exist",
        message="{place}: there is no setting '{setting}'. Nearest: {nearest}.",
        action="Correct the name, or take the row out; nothing of the file was stored. Then import it again.",
        where=_FILE,
        who="account admin",
        side=Side.LEDGERWIRE,
        cause_params=("setting",),
        source="D16",
    ),
    Entry(
        code="MAPPING_VALUE_WRONG",
        severity=Severity.STOP,
        title="A mapping file has a value that its setting does not take",
        message="{place}: {setting} cannot be '{value}': {reason}.",
        action="Correct the value; nothing of the file was stored. Then import it again.",
        where=_FILE,
        who="account admin",
        side=Side.LEDGERWIRE,
        cause_params=("setting",),
        source="D16",
    ),
    Entry(
        code="MAPPING_ROW_DUPLICATE",
        severity=Severity.STOP,
        title="A mapping file says the same thing twice",
        message="{place}: {setting} = '{value}' stands in {other} already.",
        action="Take one of the two rows out; nothing of the file was stored. Then import it again.",
        where=_FILE,
        who="account admin",
        side=Side.LEDGERWIRE,
        cause_params=("setting",),
        source="D16",
    ),
    Entry(
        code="MAPPING_ROW_CONTRADICTS",
        severity=Severity.STOP,
        title="A mapping file says two different things",
        message="{place}: {setting} = '{value}', but {other} says '{other_value}'.",
        action="Decide for one of the two rows; nothing of the file was stored. Then import it again.",
        where=_FILE,
        who="account admin",
        side=Side.LEDGERWIRE,
        cause_params=("setting",),
        source="D16",
    ),
    Entry(
        code="MAPPING_FILE_UNREADABLE",
        severity=Severity.STOP,
        title="A mapping file cannot be read",
        message="{place}: {reason}.",
        action="Save it as UTF-8 CSV with the columns setting and value, or as YAML as `mapping export` writes it, and import it again.",
        where="the mapping file",
        who="account admin",
        side=Side.LEDGERWIRE,
        source="D16",
    ),
)
