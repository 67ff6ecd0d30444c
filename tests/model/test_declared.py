"""Declared: what a configuration says of fields: how they are anonymised, and what they are held for."""

from typing import Any

import pytest

from engine.model.declared import ModelError, with_additions
from engine.model.entity import Entity, Model, Treatment
from engine.model.shipped import SHIPPED_MODEL


def contact(*, collections: dict[str, Any] | None = None, **fields: Any) -> Entity:
    """Return the contact with these additions."""
    return with_additions(SHIPPED_MODEL, {"contact": {"fields": fields, "collections": collections or {}}}).entity(
        "contact"
    )


def test_a_declared_field_is_cleared_unless_it_says_otherwise() -> None:
    """Nothing outlives a person by default."""
    found = contact(shoe_size="number", width={"type": "number", "anonymise": "keep"})

    assert found.fields["shoe_size"].anonymise is Treatment.CLEAR
    assert found.fields["width"].anonymise is Treatment.KEEP


def test_of_a_shipped_field_only_its_treatment_and_its_purposes_can_be_said_anew() -> None:
    """The rest of it stays, also in items."""
    found = contact(
        country={"anonymise": "clear"},
        birth_date={"anonymise": "year"},
        email_bounces={"purposes": ["Marketing "]},
        collections={"sales": {"amount": {"anonymise": "clear"}}},
    )
    shipped = SHIPPED_MODEL.entity("contact")

    assert found.fields["country"].anonymise is Treatment.CLEAR
    assert (found.fields["birth_date"].anonymise, found.fields["birth_date"].personal) == (Treatment.YEAR, True)
    assert found.fields["email_bounces"].purposes == ("marketing",)
    assert found.collections["sales"].fields["amount"].anonymise is Treatment.CLEAR
    assert found.collections["sales"].fields["currency"] == shipped.collections["sales"].fields["currency"]


def test_a_collection_can_be_held_for_some_purposes() -> None:
    """A list under `purposes` is no field; a field of that name has a type."""
    found = contact(
        collections={"clicks": {"purposes": ["marketing"], "link": "text"}, "visits": {"purposes": "text"}}
    ).collections

    assert (found["clicks"].purposes, sorted(found["clicks"].fields)) == (("marketing",), ["at", "link"])
    assert (found["visits"].purposes, sorted(found["visits"].fields)) == ((), ["at", "purposes"])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"x": {"type": "text", "anonymise": "hash"}}, "`hash` is no way to anonymise; "),
        ({"x": {"type": "text", "anonymise": "month"}}, "rounds dates down"),
        ({"x": {"type": "text", "personal": True, "anonymise": "keep"}}, "what is personal data cannot be kept"),
        ({"email": {"anonymise": "keep"}}, "what is personal data cannot be kept"),
        ({"company": {"anonymise": "keep"}}, "what is the id of a record cannot be kept"),
        ({"special_category": {"anonymise": "keep"}}, "what stops effects cannot be kept"),
        ({"country": {"personal": True}}, "this field is shipped"),
        ({"country": {"type": "number", "anonymise": "clear"}}, "this field is shipped"),
        ({"x": {"type": "text", "purposes": []}}, "a list of one or more purposes"),
        ({"x": {"type": "text", "purposes": "marketing"}}, "a list of one or more purposes"),
        ({"objects_to_marketing": {"purposes": ["marketing"]}}, "held for more than some purposes"),
        ({"birth_date": {"purposes": ["marketing"]}}, "held for more than some purposes"),
        ({"x": {"type": "text", "anonymize": "keep"}}, "did you mean `anonymise`?"),
    ],
)
def test_what_cannot_be_declared_is_told_with_its_path(fields: dict[str, Any], said: str) -> None:
    """The path of the field, and what would be right."""
    with pytest.raises(ModelError) as caught:
        contact(**fields)
    ((path, sentence),) = caught.value.faults

    assert path.startswith(f"model.contact.fields.{next(iter(fields))}")
    assert said in sentence


@pytest.mark.parametrize(("name", "purposes"), [("consents", ["marketing"]), ("sales", []), ("sales", [5])])
def test_the_purposes_of_a_collection_are_checked(name: str, purposes: list[Any]) -> None:
    """What guards of deletions read is held for more."""
    with pytest.raises(ModelError) as caught:
        contact(collections={name: {"purposes": purposes}})

    assert [path for path, _ in caught.value.faults] == [f"model.contact.collections.{name}.purposes"]


def _treated(model: Model) -> set[str]:
    found = set()
    for entity in model.entities.values():
        owned = [(entity.name, entity.fields)]
        owned += [(f"{entity.name}.{name}", one.fields) for name, one in entity.collections.items()]
        found |= {
            f"{where}.{f.name}" for where, fields in owned for f in fields.values() if f.anonymise.value != "clear"
        }
    return found


def test_what_is_kept_of_the_shipped_model_is_a_list_that_somebody_decided() -> None:
    """A field that is added is cleared, or stands here."""
    items = {"activities.type", "activities.direction", "activities.at"}
    items |= {f"sales.{name}" for name in ("status", "amount", "currency", "at")}
    consents = {"consents.purpose", "consents.status"}
    of_contact = {"country", "category", "created_on"} | items | consents

    assert _treated(SHIPPED_MODEL) == {
        *(f"contact.{one}" for one in of_contact),
        *(f"company.{one}" for one in of_contact),
        *(f"project.{one}" for one in {"status", "created_on"} | items),
    }
