"""Names of what the model holds, as sentences use them. What is named alike is said alike, custom fields included.

Fields are named as they stand after an owner: the contact's `creation date`, kontaktens `rättsliga grund`. What has no
name here is called by its own, with spaces.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.vocabulary.wording import Wording, bilingual


@dataclass(frozen=True, slots=True)
class EntityName:
    """What sentences call a record that was spoken of (`the contact`), and all such records (`contacts`)."""

    one: Wording
    all: Wording


ENTITIES: Mapping[str, EntityName] = {
    "contact": EntityName(bilingual(en="the contact", sv="kontakten"), bilingual(en="contacts", sv="kontakter")),
    "company": EntityName(bilingual(en="the company", sv="företaget"), bilingual(en="companies", sv="företag")),
    "project": EntityName(bilingual(en="the project", sv="projektet"), bilingual(en="projects", sv="projekt")),
}
COLLECTIONS: Mapping[str, Wording] = {
    "activities": bilingual(en="activities", sv="aktiviteter"),
    "sales": bilingual(en="sales", sv="affärer"),
    "requests": bilingual(en="requests", sv="ärenden"),
    "consents": bilingual(en="records of legal bases", sv="noteringar om rättslig grund"),
}
FIELDS: Mapping[str, Wording] = {
    "id": bilingual(en="number in the CRM", sv="nummer i CRM-systemet"),
    "email": bilingual(en="e-mail address", sv="e-postadress"),
    "phone": bilingual(en="phone number", sv="telefonnummer"),
    "name": bilingual(en="name", sv="namn"),
    "language": bilingual(en="language", sv="språk"),
    "country": bilingual(en="country", sv="land"),
    "category": bilingual(en="category", sv="kategori"),
    "company": bilingual(en="company", sv="företag"),
    "owner": bilingual(en="owner", sv="ansvariga person"),
    "data_source": bilingual(en="data source", sv="datakälla"),
    "tags": bilingual(en="tags", sv="taggar"),
    "created_on": bilingual(en="creation date", sv="skapandedatum"),
    "birth_date": bilingual(en="date of birth", sv="födelsedatum"),
    "last_activity_on": bilingual(en="last activity date", sv="datum för senaste aktivitet"),
    "last_invoice_on": bilingual(en="last invoice date", sv="datum för senaste faktura"),
    "privacy_notice_sent_on": bilingual(en="privacy notice date", sv="datum för integritetsinformation"),
    "email_bounces": bilingual(en="number of bounced e-mails", sv="antal studsade e-postmeddelanden"),
    "restrict_processing": bilingual(en="restriction of processing", sv="begränsning av behandling"),
    "objects_to_marketing": bilingual(en="objects to marketing", sv="invänder mot marknadsföring"),
    "no_automated_decisions": bilingual(en="no automated decisions", sv="inga automatiserade beslut"),
    "special_category": bilingual(en="special categories of data", sv="känsliga personuppgifter"),
    "deceased": bilingual(en="deceased", sv="avliden"),
    "status": bilingual(en="status", sv="status"),
    "ends_on": bilingual(en="end date", sv="slutdatum"),
    "type": bilingual(en="type", sv="typ"),
    "direction": bilingual(en="direction", sv="riktning"),
    "at": bilingual(en="date", sv="datum"),
    "subject": bilingual(en="subject line", sv="ämnesrad"),
    "amount": bilingual(en="amount", sv="belopp"),
    "currency": bilingual(en="currency", sv="valuta"),
    "closed_on": bilingual(en="closing date", sv="avslutsdatum"),
    "due_on": bilingual(en="due date", sv="förfallodatum"),
    "purpose": bilingual(en="purpose", sv="ändamål"),
    "legal_basis": bilingual(en="legal basis", sv="rättsliga grund"),
    "source": bilingual(en="source", sv="källa"),
    "expires_on": bilingual(en="expiry date", sv="utgångsdatum"),
}
