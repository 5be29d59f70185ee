"""The register of the automated rules: complete, versioned by itself, public (charter M1)."""

import ast
import csv
import dataclasses
import inspect
import io
import json
import re
from importlib import import_module

import pytest
from django.core.management import call_command
from django.db import InternalError, transaction
from django.db.utils import IntegrityError

from marketplace.base.models import Notice, OutboxEvent
from marketplace.base.texts import read
from marketplace.celery import BEAT
from marketplace.web import announce, automated
from marketplace.web.automated import show, versions
from marketplace.web.models import RuleVersion
from tasks.services import eligibility
from tests.sources import ROOT

pytestmark = pytest.mark.django_db
RULES = {rule.name: rule for rule in automated.RULES}


def tell():
    """What the relay does with news for many."""
    for event in OutboxEvent.objects.filter(kind="announce", done_at__isnull=True).order_by("pk"):
        announce.announce(event)


# --- complete -------------------------------------------------------------------------------------------------------


def test_M1_every_job_of_the_clock_is_named_by_a_rule_or_said_to_decide_nothing():
    named = {job for rule in automated.RULES for job in rule.jobs}
    silent = set(automated.NOTHING)
    assert set(BEAT) - named - silent == set(), "a job that stands in no rule, and in no list with a reason"
    assert (named | silent) - set(BEAT) == set(), "a job that is not there"
    assert named & silent == set()
    assert all(len(reason) > 10 for reason in automated.NOTHING.values())


def test_M1_every_function_of_the_claim_is_named_by_a_rule():
    named = {name for rule in automated.RULES for name in rule.sql}
    known = set(versions.sql_functions())
    assert known == named | set(automated.SQL_NOTHING)
    assert named & set(automated.SQL_NOTHING) == set()


def test_M1_every_refusal_of_a_claim_is_named_by_a_rule():
    """What `tasks_claim` and `eligibility.check` say no with."""
    named = {code for rule in automated.RULES for code in rule.refuses}
    functions = versions.sql_functions()
    said = set(re.findall(r"SELECT '([a-z_]+)', NULL", functions["tasks_claim"]))
    said |= set(re.findall(r"THEN '([a-z_]+)'", functions["tasks_turn"]))
    raised = {
        node.exc.id
        for function in (eligibility.check, eligibility.screened)
        for node in ast.walk(ast.parse(inspect.getsource(function)))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name)
    }
    assert said and raised
    assert (said | raised) - named == set()


def test_M1_every_setting_that_a_rules_module_reads_is_a_parameter_of_a_rule():
    known = {name for rule in automated.RULES for name in rule.settings} | set(automated.SETTINGS_NOTHING)
    modules = {
        path.rpartition(".")[0]
        for rule in automated.RULES
        for path in rule.code
        if path.startswith(("tasks.services", "workers.services", "payments.services.payout_rules"))
    }
    read_by = {
        (module, name)
        for module in modules
        for name in re.findall(r"settings\.([A-Z][A-Z_]+)", inspect.getsource(import_module(module)))
    }
    assert len(read_by) > 20
    assert {(module, name) for module, name in read_by if name not in known} == set()


@pytest.mark.parametrize("rule", automated.RULES, ids=lambda rule: rule.name)
def test_M1_each_rule_says_what_it_reads_leads_to_and_is_carried_out_by(rule, settings):
    words = rule.words()
    assert all(words[part] for part in ("title", "does", "reads", "never", "weighs", "leads_to", "person"))
    assert versions.sources(rule), "names no function"
    assert all(hasattr(settings, name) for name in rule.settings)
    assert set(rule.worse) <= set(rule.parameters())
    assert set(rule.worse.values()) <= {"higher", "lower"}
    assert all(str(each).strip().endswith((".", "?")) for each in (rule.does, rule.leads_to, rule.person))


def test_no_name_stands_there_twice():
    assert len(RULES) == len(automated.RULES)


# --- versioned ------------------------------------------------------------------------------------------------------


def test_M1_a_deployment_writes_a_version_of_each_rule_and_nothing_when_nothing_changed():
    versions.record()
    assert set(RuleVersion.objects.values_list("rule", flat=True)) == set(RULES)
    before = RuleVersion.objects.count()
    assert versions.record() == []
    assert RuleVersion.objects.count() == before
    assert not RuleVersion.objects.filter(number=1, lowers=True).exists()


def test_M1_a_changed_setting_makes_a_version_that_says_what_changed_and_people_who_work_are_told(
    bob, alice, settings, client
):
    versions.record()
    settings.AUTO_APPROVE_DAYS = 9
    (row,) = versions.record()
    assert (row.rule, row.lowers) == ("auto-approve", True)
    assert row.changed == [{"what": "parameter", "name": "AUTO_APPROVE_DAYS", "old": "7", "new": "9"}]
    tell()
    tell()
    ((_notice, text),) = read(Notice.objects.filter(kind="rule_changed"))
    assert _notice.user == bob
    assert "AUTO_APPROVE_DAYS: 9 instead of 7." in text.lines
    assert "AUTO_APPROVE_DAYS: 9 instead of 7." in client.get(text.url).content.decode()
    settings.AUTO_APPROVE_DAYS = 5
    (row,) = versions.record()
    assert not row.lowers


def test_M1_a_changed_function_makes_a_version(monkeypatch):
    versions.record()
    changed = dict(versions.sql_functions())
    changed["tasks_turn"] += "-- a word"
    monkeypatch.setattr(versions, "sql_functions", lambda: changed)
    (row,) = versions.record()
    assert (row.rule, row.changed[0]["what"]) == ("rotation", "program")
    assert show.sentences(row) == ["The program that carries it out was changed."]


def test_a_parameter_that_comes_without_a_value_is_a_change_too(monkeypatch):
    versions.record()
    rule = RULES["log-in"]
    monkeypatch.setattr(versions, "RULES", (dataclasses.replace(rule, constants={}),))
    (row,) = versions.record()
    assert row.changed == [{"what": "parameter", "name": "limits", "old": "", "new": ""}]
    assert show.sentences(row) == ["limits: – instead of –."]


def test_M1_the_history_only_grows():
    versions.record()
    for wrong in (
        lambda: RuleVersion.objects.update(recorded_at="2020-01-01T00:00Z"),
        lambda: RuleVersion.objects.all().delete(),
    ):
        with pytest.raises((InternalError, IntegrityError), match="append-only"), transaction.atomic():
            wrong()
    row = RuleVersion.objects.filter(rule="cap").latest("number")
    with pytest.raises(IntegrityError, match="rule_version_says_what_changed"), transaction.atomic():
        RuleVersion.objects.create(
            rule="cap", number=row.number + 1, fingerprint="x", words={}, parameters={}, sources={}
        )


# --- public ---------------------------------------------------------------------------------------------------------


def test_M1_the_page_shows_each_rule_with_its_numbers_of_today_and_its_history(client, settings):
    versions.record()
    settings.GOLD_PAUSE_HOURS = 25
    page = client.get("/charter/rules/").content.decode()
    assert all(f"/charter/rules/{name}/" in page for name in RULES)
    assert "/charter/rules/" in client.get("/charter/").content.decode()
    one = client.get("/charter/rules/check-questions/").content.decode()
    assert "GOLD_PAUSE_HOURS" in one and "<dd>25</dd>" in one
    assert "complaints, appeals and ratings you gave" in one
    assert "Its history begins here." in one
    assert client.get("/charter/rules/nonsense/").status_code == 404


def test_M1_files_and_the_command_hold_the_same(client, capsys):
    versions.record()
    table = client.get("/charter/rules.json").json()["rules"]
    assert [row["name"] for row in table] == list(RULES)
    assert all(row["versions"] for row in table)
    lines = list(csv.reader(io.StringIO(client.get("/charter/rules.csv").content.decode())))
    assert {line[0] for line in lines[1:]} == set(RULES)
    call_command("rules", json=True)
    assert json.loads(capsys.readouterr().out) == table
    call_command("rules", record=True)
    assert "auto-approve" in capsys.readouterr().out


def test_what_a_rule_of_the_charter_names_stands_in_the_charter():
    from marketplace.web import charter

    known = {rule.id for rule in charter.RULES}
    assert {each for rule in automated.RULES for each in rule.charter} <= known
    assert (ROOT / "docs" / "adr" / "0064-automated-rules.md").exists()
