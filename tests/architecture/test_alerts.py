"""The alert rules speak of metrics that exist, with labels that they have, and tell people what to do."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from ledgerwire.common import telemetry
from ledgerwire.common.db.roles import SERVICES
from ledgerwire.common.figures import EVERY

RULES = Path(__file__).resolve().parents[2] / "deploy" / "alerts.yaml"
_METRIC = re.compile(r"\bledgerwire_[a-z_]+\b")
_BY = re.compile(r"by \(([a-z, ]+)\)")
_CHOSEN = re.compile(r"\b(ledgerwire_[a-z_]+)\{([a-z_]+)=\"([^\"]*)\"\}")
_MISSED = re.compile(r"\babsent\((ledgerwire_[a-z_]+)\{service=\"([^\"]*)\"\}\)")


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


@pytest.mark.requirement("R14")
@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_metric_of_a_rule_is_exported_with_the_labels_it_is_grouped_by(rule: dict[str, Any]) -> None:
    known = exported()
    names = _METRIC.findall(rule["expr"])
    assert names
    for name in names:
        assert name in known
        for grouped in _BY.findall(rule["expr"]):
            assert {label.strip() for label in grouped.split(",")} <= known[name]
    for name, label, value in _CHOSEN.findall(rule["expr"]):
        assert label in known[name]
        assert label != "service" or value in SERVICES
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["action"]


@pytest.mark.requirement("R14")
def test_a_dead_letter_pages_within_the_minute() -> None:
    """Counted anew, scraped as often as the rules are evaluated, and evaluated: one after the other at worst."""
    [group] = [
        group for group in yaml.safe_load(RULES.read_text())["groups"] if "DeadLetters" in map(_name, group["rules"])
    ]
    [rule] = [rule for rule in group["rules"] if _name(rule) == "DeadLetters"]
    assert rule["expr"] == f"max by (service, cause) ({telemetry.DEAD_LETTERS_WAITING._name}) > 0"
    assert rule["labels"]["severity"] == "page"
    assert "for" not in rule
    evaluated = timedelta(seconds=int(group["interval"].removesuffix("s")))
    assert EVERY + 2 * evaluated <= timedelta(minutes=1)


def _name(rule: dict[str, Any]) -> str:
    return str(rule["alert"])


def test_a_label_that_is_told_is_one_that_the_rule_keeps() -> None:
    for rule in rules():
        told = set(re.findall(r"\$labels\.([a-z]+)", str(rule["annotations"])))
        kept = {label.strip() for grouped in _BY.findall(rule["expr"]) for label in grouped.split(",")}
        assert told <= (kept or exported()[_METRIC.findall(rule["expr"])[0]])


@pytest.mark.requirement("R14")
def test_every_service_that_is_gone_is_missed() -> None:
    """Each other rule reads series of the service that it is about: with the service they vanish, and say nothing."""
    [rule] = [rule for rule in rules() if "absent(" in rule["expr"]]
    missed = _MISSED.findall(rule["expr"])
    assert [service for _, service in missed] == list(SERVICES)
    assert {name for name, _ in missed} == {telemetry.COUNTED_AT._name}
    assert (rule["labels"]["severity"], rule["for"]) == ("page", "2m")


@pytest.mark.requirement("R14")
def test_figures_that_stand_still_page() -> None:
    """While the database is down each gauge keeps its last figure, which may be a good one."""
    [rule] = [rule for rule in rules() if "time()" in rule["expr"]]
    assert _METRIC.findall(rule["expr"]) == [telemetry.COUNTED_AT._name]
    assert rule["labels"]["severity"] == "page"


def test_what_each_replica_counts_for_itself_is_summed_over_them() -> None:
    """Six here and six there are twelve; and a counter that is not summed alerts for each replica."""
    counters = {name for name in exported() if name.endswith("_total")}
    for rule in rules():
        if counters & set(_METRIC.findall(rule["expr"])):
            assert re.match(r"sum(?: by \([a-z, ]+\) )?\(increase\(", rule["expr"])


def test_what_lies_dead_or_stopped_alerts_at_once() -> None:
    at_once = {rule["alert"] for rule in rules() if "for" not in rule}
    assert {"DeadLetters", "RecordsStopped"} <= at_once
