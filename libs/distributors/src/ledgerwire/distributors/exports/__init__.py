"""Files that distributors export, read by declared mappings of their columns."""

from ledgerwire.distributors.exports.layout import FIELDS, Layout, RowKind, check_layout, needed
from ledgerwire.distributors.exports.layouts import LAYOUTS
from ledgerwire.distributors.exports.source import ExportSource

__all__ = ["FIELDS", "LAYOUTS", "ExportSource", "Layout", "RowKind", "check_layout", "needed"]
