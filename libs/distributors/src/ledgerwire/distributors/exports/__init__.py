"""Files that distributors export, read by declared mappings of their columns."""

from ledgerwire.distributors.exports.layout import Layout, RowKind
from ledgerwire.distributors.exports.layouts import LAYOUTS
from ledgerwire.distributors.exports.source import ExportSource

__all__ = ["LAYOUTS", "ExportSource", "Layout", "RowKind"]
