"""Every column that can hold something of a person is classified: nothing is kept that nobody thought about."""

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from marketplace.base.models import User
from marketplace.mydata import columns

# What a person could be in: figures and moments alone say nothing without the row that they stand in.
TELLING = (models.CharField, models.TextField, models.JSONField, ArrayField, models.DateField, models.FileField,
           models.BinaryField, models.GenericIPAddressField)  # fmt: skip


def telling(field):
    if field.is_relation:
        return field.related_model is User
    return isinstance(field, TELLING) and not isinstance(field, models.DateTimeField)


def told():
    """(model, column) of every column that needs a line, as the models have it."""
    return {
        (model._meta.label, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if telling(field)
    }


def test_every_column_that_can_hold_something_of_a_person_has_its_line():
    missing = sorted(".".join(pair) for pair in told() - set(columns.register()))
    assert not missing, (
        f"Add to marketplace/mydata/columns.py, one line per column or table: {', '.join(missing)}"
    )


def test_no_line_speaks_of_a_column_that_is_gone():
    assert sorted(set(columns.register()) - told()) == []


def test_every_path_to_a_person_leads_to_one():
    for column in columns.register().values():
        model = apps.get_model(column.model)
        if column.person.startswith("email:"):
            model._meta.get_field(column.person.removeprefix("email:"))
        elif column.person and column.person != "all":
            model.objects.filter(
                **{column.person: 1}
            ).query  # raises FieldError for a path that leads nowhere
        assert column.person or column.act in {"keep", "books", "other"}, column


def test_what_a_person_wrote_or_is_known_by_never_just_stays():
    for column in columns.register().values():
        if column.kind in {"words", "identity", "contact", "bank", "tax", "secret"}:
            assert column.act not in {"books"}, column
            assert column.act != "keep" or column.name == "token_hash", column
