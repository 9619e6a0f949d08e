"""The alert rules speak of metrics that exist, with labels that they have, and tell people what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from ledgerwire.common import telemetry

RULES = Path(__file__).resolve().parents[2] / "deploy" / "alerts.yaml"
_METRIC = re.compile(r"\bledgerwire_[a-z_]+\b")
_BY = re.compile(r"by \(([a-z, ]+)\)")


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def exported() -> dict[str, set[str]]:
    """Name as scraped -> labels."""
    found: dict[str, set[str]] = {}
    for metric in vars(telemetry).values():
        if not isinstance(metric, Counter | Gauge | Histogram):
            continue
        name, labels = metric._name, set(metric._labelnames)
        names = [name] if isinstance(metric, Gauge) else [f"{name}_total"]
        if isinstance(metric, Histogram):
            names = [f"{name}_{part}" for part in ("bucket", "count", "sum")]
        found |= dict.fromkeys(names, labels)
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_metric_of_a_rule_is_exported_with_the_labels_it_is_grouped_by(rule: dict[str, Any]) -> None:
    known = exported()
    names = _METRIC.findall(rule["expr"])
    assert names
    for name in names:
        assert name in known
        for grouped in _BY.findall(rule["expr"]):
            assert {label.strip() for label in grouped.split(",")} <= known[name]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["action"]


def test_a_label_that_is_told_is_one_that_the_rule_keeps() -> None:
    for rule in rules():
        told = set(re.findall(r"\$labels\.([a-z]+)", str(rule["annotations"])))
        kept = {label.strip() for grouped in _BY.findall(rule["expr"]) for label in grouped.split(",")}
        assert told <= (kept or exported()[_METRIC.findall(rule["expr"])[0]])


def test_what_lies_dead_or_stopped_alerts_at_once() -> None:
    at_once = {rule["alert"] for rule in rules() if "for" not in rule}
    assert {"DeadLetters", "RecordsStopped"} <= at_once
