"""The office of the quarter, found by path: tests are no package."""

import importlib.util
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("quarter_office", Path(__file__).with_name("office.py"))
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)


@pytest.fixture(scope="module")
def make_office():
    return _MODULE.Office
