"""Every place where people or programs type an amount of money: one reader, and a sentence for what it can't read.

Forms are found, not listed: a new field for money is tested the day it is written, and one that reads money in a way of
its own fails here.
"""

import importlib
import pkgutil
import re

import pytest
from django import forms
from django.core.exceptions import ValidationError

import marketplace
import payments
import tasks
import workers
from marketplace.api import fields as api_fields
from marketplace.api import serializers
from payments.models import Deposit
from payments.services import limits
from tasks.page_forms.fields import EuroField
from tests import market
from tests.api_client import DRAFT, Program

# What was typed, and what it is in micros; None: it is refused.
TYPED = [
    ("0", 0), ("-1", None), ("−1", None), ("+1", None), ("0.001", 1_000), ("1e9", None), ("1E9", None),
    ("1000000000", 10**15), ("1000000001", None), ("1,50", 1_500_000), ("1.50", 1_500_000), ("１", 1_000_000),
    ("1,500", None), ("1.500", None), ("1 500", 1_500_000_000), ("1,500.00", None), ("NaN", None), ("inf", None),
    ("0x10", None), ("0.0000001", None), ("ten", None), ("½", None), ("€", None), ("1 €", 1_000_000), ("²", None),
]  # fmt: skip
MONEY = re.compile(r"amount|reward|price|euro|budget|micros|(^|_)eur($|_)|least|_most$|^most$|^below$")
# Fields with such a name that count other things than money.
OTHERWISE = {
    ("PriceForm", "overlap_most"),  # answers of a task
    ("LinkForm", "most"),  # people
}
# Forms that read an amount together with what else they hold: how to send one, and what they call the micros.
WHOLE_FORMS = {
    "marketplace.web.views.help_fund.RequestForm": (
        {"purpose": "hardship", "words": "A hard month."},
        "amount",
    ),
    "marketplace.console.views.grants.GrantForm": (
        {"outcome": "grant", "decision": "It is needed."},
        "micros",
    ),
}
BY_A_SERVICE = {
    "tasks.views.bonuses.OneForm"
}  # a bonus: the same lines come as a file, so their service reads them
FACES = ("marketplace.web", "marketplace.console", "marketplace.api", "tasks", "payments", "workers")


def place(form):
    return f"{form.__module__}.{form.__name__}"


def found_forms():
    """Every form class of ours."""
    for package in (marketplace, tasks, payments, workers):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if module.name.startswith(FACES) and ".migrations" not in module.name:
                importlib.import_module(module.name)

    def below(kind):
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    ours = {each for each in below(forms.BaseForm) if each.__module__.startswith(FACES)}
    return sorted(ours, key=lambda each: (each.__module__, each.__qualname__))


def money_fields():
    return [
        (form, name, field)
        for form in found_forms()
        for name, field in form.base_fields.items()
        if isinstance(field, EuroField)
    ]


def test_there_are_fields_for_money_to_look_at():
    assert {(form.__name__, name) for form, name, _field in money_fields()} >= {
        ("DepositForm", "amount"), ("PriceForm", "reward"), ("LimitForm", "amount"), ("CreditForm", "amount"),
    }  # fmt: skip


def test_nothing_that_sounds_like_money_is_read_in_a_way_of_its_own():
    wrong = [
        f"{form.__module__}.{form.__name__}.{name}"
        for form in found_forms()
        for name, field in form.base_fields.items()
        if MONEY.search(name)
        and not isinstance(field, EuroField | forms.ChoiceField | forms.BooleanField)
        and not isinstance(field.widget, forms.HiddenInput)
        and (form.__name__, name) not in OTHERWISE
        and place(form) not in WHOLE_FORMS.keys() | BY_A_SERVICE
        and "gallery" not in form.__module__
    ]
    assert not wrong, f"use EuroField: {wrong}"


@pytest.mark.parametrize(("typed", "micros"), TYPED)
def test_every_field_of_every_form_reads_it_right_or_says_what_to_write(typed, micros):
    for form, name, field in money_fields():
        where = f"{form.__module__}.{form.__name__}.{name}"
        read, sentences = cleaned(field, typed)
        if micros is None or sentences:  # a field may have a bound of its own
            assert read is None and any(line.endswith(".") for line in sentences), where
            assert field.prepare_value(typed) == typed, where  # it stays in the box
        else:
            assert read == micros, where


@pytest.mark.parametrize(("typed", "micros"), TYPED)
def test_forms_that_read_an_amount_as_a_whole_do_it_the_same_way(typed, micros):
    for kind in found_forms():
        if place(kind) not in WHOLE_FORMS:
            continue
        rest, called = WHOLE_FORMS[place(kind)]
        form = kind({**rest, "amount": typed})
        if micros is None:
            assert "amount" in form.errors, kind
            assert form["amount"].value() == typed
        else:
            assert "amount" in form.errors or form.cleaned_data[called] == micros, kind


@pytest.mark.django_db
def test_a_bonus_is_read_by_the_same_reader(atelier, alice):
    from tasks.services import bonuses

    live = market.open_batch(atelier, alice)
    for typed, micros in TYPED:
        (line,) = bonuses.take(batch=live, rows=[("wrk_unknown", typed, "Well done.")], key="k").rows
        if micros is None:
            assert "amount" in line.problems, typed
        else:
            assert "amount" in line.problems or line.amount_micros == micros, typed  # whole cents, above zero


def cleaned(field, typed):
    """(what was read, sentences of a refusal)."""
    try:
        return field.clean(typed), []
    except ValidationError as refused:
        return None, refused.messages


@pytest.mark.parametrize("typed", ["", "  "])
def test_an_empty_field_is_refused_or_nothing_but_never_zero(typed):
    for form, name, field in money_fields():
        assert cleaned(field, typed)[0] is None, f"{form.__name__}.{name}"


# --- on the pages -----------------------------------------------------------------------------------------------------

BAD = ["-1", "1e9", "1,500", "NaN", "ten", "0.0000001"]


@pytest.fixture
def inside(client, atelier, alice):
    market.fund(atelier)
    client.force_login(alice)
    return client


def pages(atelier, alice):
    """(address, name of the field, the rest of the form) of pages that take money."""
    live = market.open_batch(atelier, alice)
    draft = market.draft(atelier, alice)
    return {
        "deposit": ("/funds/deposit/", "amount", {}),
        "limit": ("/funds/limits/", "amount", {"member": alice.public_id}),
        "reward": (
            f"/batches/{draft.public_id}/price/",
            "reward",
            {"estimated_seconds": "180", "overlap": "1"},
        ),
        "raise": (f"/batches/{live.public_id}/raise/", "reward", {}),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["deposit", "limit", "reward", "raise"])
def test_a_page_refuses_what_is_no_amount_and_keeps_what_was_typed(inside, atelier, alice, page):
    address, name, rest = pages(atelier, alice)[page]
    before = list(Deposit.objects.values_list("pk", flat=True))
    for typed in BAD:
        answer = inside.post(address, {name: typed, **rest}, follow=True)
        text = answer.content.decode()
        assert answer.status_code in {400, 409, 422}, (page, typed, answer.status_code)
        assert f'value="{typed}"' in text, (page, typed)
        assert "euros such as" in text or "two ways" in text, (page, typed)
    assert list(Deposit.objects.values_list("pk", flat=True)) == before
    assert limits.of_organisation(atelier) == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("0", "Add at least"), ("0,001", "Add at least"), ("1000000000", "Add at most"), ("1,505", "two ways")],
)
def test_a_deposit_that_is_too_small_too_great_or_not_in_cents_is_refused(inside, typed, sentence):
    answer = inside.post("/funds/deposit/", {"amount": typed})
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Deposit.objects.filter(state="started").exists()


@pytest.mark.django_db
def test_a_deposit_as_people_write_it_is_read_right(inside):
    for typed, micros in {
        "1,50": 1_500_000,
        "１": 1_000_000,
        "1 500": 1_500_000_000,
        "499.50": 499_500_000,
    }.items():
        inside.post("/funds/deposit/", {"amount": typed})
        assert Deposit.objects.latest("pk").amount_micros == micros


# --- REST -------------------------------------------------------------------------------------------------------------


def test_every_amount_of_the_rest_interface_has_one_reader():
    named = [
        (kind.__name__, name, field)
        for kind in vars(serializers).values()
        if isinstance(kind, type) and issubclass(kind, serializers.serializers.Serializer)
        for name, field in kind().fields.items()
        if re.search(r"amount|reward|price", name)
    ]
    assert {(kind, name) for kind, name, _field in named} >= {
        ("NewDeposit", "amount"),
        ("DraftChanges", "reward"),
    }
    by_service = {"NewBonus"}
    assert all(isinstance(field, api_fields.Amount) for kind, _name, field in named if kind not in by_service)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sent",
    [
        "-1",
        "1e9",
        "1,50",
        "１",
        "1,500",
        "NaN",
        "",
        " 1",
        "0.0000001",
        1,
        1.5,
        None,
        True,
        ["1"],
        "10000000000",
    ],
)
def test_a_program_is_told_that_it_sent_no_amount(atelier, alice, sent):
    program = Program(alice, "read", "write", "funds", organisation=atelier)
    refusal = program.post("/deposits/", {"amount": sent}, 400)
    assert "amount" in refusal["fields"]
    assert "reward" in program.post("/batches/", {**DRAFT, "reward": sent}, 400)["fields"]
