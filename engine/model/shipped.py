"""The shipped model: contact, company and project with the fields and collections that most CRMs have."""

from engine.model.entity import Collection, Entity, Field, FieldType, Model, Treatment, by_name

_T = FieldType
# What says nothing about a person by itself outlives an anonymisation; all else is cleared.
_KEEP, _MONTH = Treatment.KEEP, Treatment.MONTH

LEGAL_BASES = (  # GDPR Art. 6(1)(a) to (f), in that order
    "consent",
    "contract",
    "legal_obligation",
    "vital_interests",
    "public_task",
    "legitimate_interests",
)

ACTIVITIES = Collection(
    "activities",
    by_name(
        (
            Field("type", _T.TEXT, anonymise=_KEEP),
            Field("direction", _T.TEXT, anonymise=_KEEP),
            Field("status", _T.TEXT),
            Field("at", _T.DATETIME, anonymise=_MONTH),
            Field("subject", _T.TEXT, personal=True),
        )
    ),
)
SALES = Collection(
    "sales",
    by_name(
        (
            Field("status", _T.TEXT, anonymise=_KEEP),
            Field("amount", _T.MONEY, anonymise=_KEEP),
            Field("currency", _T.TEXT, anonymise=_KEEP),
            Field("at", _T.DATETIME, anonymise=_MONTH),
            Field("closed_on", _T.DATE),
        )
    ),
)
REQUESTS = Collection(
    "requests",
    by_name((Field("type", _T.TEXT), Field("status", _T.TEXT), Field("at", _T.DATETIME), Field("due_on", _T.DATE))),
)
CONSENTS = Collection(
    "consents",
    by_name(
        (
            Field("purpose", _T.TEXT, required=True, anonymise=_KEEP),
            Field("status", _T.TEXT, required=True, anonymise=_KEEP),
            Field("legal_basis", _T.TEXT, choices=LEGAL_BASES),
            Field("source", _T.TEXT),
            Field("at", _T.DATETIME),
            Field("expires_on", _T.DATE),
        )
    ),
    identity=("purpose", "legal_basis", "at", "status"),
)

CONTACT = Entity(
    "contact",
    "contacts",
    by_name(
        (
            Field("email", _T.TEXT, personal=True),
            Field("phone", _T.TEXT, personal=True),
            Field("name", _T.TEXT, personal=True),
            Field("language", _T.TEXT),
            Field("country", _T.TEXT, anonymise=_KEEP),
            Field("category", _T.TEXT, anonymise=_KEEP),
            Field("company", _T.TEXT, references="company"),
            Field("owner", _T.TEXT),
            Field("data_source", _T.TEXT),
            Field("tags", _T.LIST),
            Field("created_on", _T.DATE, anonymise=_MONTH),
            Field("birth_date", _T.DATE, personal=True),
            Field("last_activity_on", _T.DATE),
            Field("last_invoice_on", _T.DATE),
            Field("privacy_notice_sent_on", _T.DATE),
            Field("email_bounces", _T.NUMBER),
            Field("restrict_processing", _T.FLAG, guards=True),
            Field("objects_to_marketing", _T.FLAG, guards=True),
            Field("no_automated_decisions", _T.FLAG, guards=True),
            Field("special_category", _T.FLAG, guards=True),
            Field("deceased", _T.FLAG, guards=True),
        )
    ),
    {one.name: one for one in (ACTIVITIES, SALES, REQUESTS, CONSENTS)},
)

COMPANY = Entity(
    "company",
    "companies",
    by_name(
        (
            Field("name", _T.TEXT),
            Field("category", _T.TEXT, anonymise=_KEEP),
            Field("country", _T.TEXT, anonymise=_KEEP),
            Field("owner", _T.TEXT),
            Field("tags", _T.LIST),
            Field("created_on", _T.DATE, anonymise=_MONTH),
            Field("last_activity_on", _T.DATE),
            Field("last_invoice_on", _T.DATE),
        )
    ),
    {one.name: one for one in (ACTIVITIES, SALES, REQUESTS, CONSENTS)},
)

PROJECT = Entity(
    "project",
    "projects",
    by_name(
        (
            Field("name", _T.TEXT),
            Field("status", _T.TEXT, anonymise=_KEEP),
            Field("owner", _T.TEXT),
            Field("company", _T.TEXT, references="company"),
            Field("created_on", _T.DATE, anonymise=_MONTH),
            Field("ends_on", _T.DATE),
        )
    ),
    {one.name: one for one in (ACTIVITIES, SALES)},
)

SHIPPED_MODEL = Model({one.name: one for one in (CONTACT, COMPANY, PROJECT)})
