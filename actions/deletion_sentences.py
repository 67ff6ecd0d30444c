"""Sentences about a deletion: its course, what keeps it from happening, and what remains."""

from collections.abc import Iterator, Mapping

from actions.deletion_extent import ALL, ANONYMISE, Purposes, ending
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.vocabulary.duration import Duration
from engine.vocabulary.wording import Wording, bilingual

# By the code of each guard that can stop a deletion (`engine/service/guards.py`); a test holds the two lists equal.
GUARDS: Mapping[str, Wording] = {
    "HOLD": bilingual(
        en="a person has put a hold on {record}: the data is kept",
        sv="en handläggare har lagt en spärr mot radering av {record}: uppgifterna behålls",
    ),
    "RESTRICTED": bilingual(
        en="the processing is restricted, or it is unclear whether it is (GDPR Art. 18): the data is kept",
        sv="behandlingen är begränsad, eller så är det oklart om den är det (GDPR art. 18): uppgifterna behålls",
    ),
    "OBJECTION_PENDING": bilingual(
        en="an objection or a dispute is open: the data is kept",
        sv="en invändning eller tvist är öppen: uppgifterna behålls",
    ),
    "HUMAN_REVIEW": bilingual(
        en="the person does not want automated decisions, there are special categories of data, or the person is under "
        "16 (GDPR Art. 22): the data is kept",
        sv="personen vill inte ha automatiserade beslut, det finns känsliga personuppgifter eller personen är under "
        "16 år (GDPR art. 22): uppgifterna behålls",
    ),
    "OTHER_BASIS": bilingual(
        en="a legal basis is valid, or unclear, for any purpose: the data is kept",
        sv="en rättslig grund gäller, eller är oklar, för något ändamål: uppgifterna behålls",
    ),
    "IMPLAUSIBLE_DATE": bilingual(
        en="a date from which age is measured lies before 1900, so it is none: the data is kept",
        sv="ett datum som åldern räknas från ligger före 1900 och kan inte stämma: uppgifterna behålls",
    ),
    "LIMIT": bilingual(
        en="more deletions are due than the service may carry out in 24 hours: all of them wait for a person's word",
        sv="fler raderingar står på tur än tjänsten får utföra på 24 timmar: alla väntar på en handläggares besked",
    ),
    "FEED_STALE": bilingual(
        en="of what the rule counts, nothing new has arrived about anyone for so long that the supply of data seems "
        "broken: the deletion waits for a person's word",
        sv="av det som regeln räknar har inget nytt kommit in om någon på så länge att tillförseln av uppgifter tycks "
        "ha brutits: raderingen väntar på en handläggares besked",
    ),
    "INPUT_SUSPECT": bilingual(
        en="much of what the rule or these guards read has gone within a day, as if the supply of data were broken: "
        "the deletion waits for a person's word",
        sv="mycket av det som regeln eller dessa hinder läser har försvunnit inom ett dygn, som om tillförseln av "
        "uppgifter hade brutits: raderingen väntar på en handläggares besked",
    ),
    "CLOCK": bilingual(
        en="the clock of the service has jumped: the deletion waits for a person's word",
        sv="tjänstens klocka har hoppat: raderingen väntar på en handläggares besked",
    ),
    "STALE": bilingual(
        en="the rule has been changed since the decision: the deletion is cancelled, and decided anew",
        sv="regeln har ändrats sedan beslutet: raderingen avbryts, och beslutet fattas på nytt",
    ),
    "GRACE": bilingual(
        en="the period of grace has not passed: the deletion waits", sv="väntetiden har inte gått ut: raderingen väntar"
    ),
}
OTHER_BASIS = "OTHER_BASIS"


def course(speech: Speech, purposes: Purposes) -> Iterator[Statement]:
    """Give what happens between the schedule and the order."""
    yield speech.state(
        en="If this stops being true before that, the deletion is cancelled.",
        sv="Om detta slutar vara uppfyllt dessförinnan avbryts raderingen.",
    )
    yield speech.state(
        en="When the deletion is due, and again right before it is ordered, the rule is evaluated anew. Unless it is "
        "certainly true both times, nothing is deleted.",
        sv="När raderingen står på tur, och igen precis innan den beordras, prövas regeln på nytt. Om den inte säkert "
        "är uppfylld båda gångerna raderas inget.",
    )
    if purposes == ALL:
        yield speech.state(
            en="The data is deleted for all purposes, also where a legal basis is still valid for one of them.",
            sv="Uppgifterna raderas för alla ändamål, även om en rättslig grund fortfarande gäller för något av dem.",
        )
    stops = [words for code, words in GUARDS.items() if not (purposes and code == OTHER_BASIS)]
    yield speech.state(
        en="Each of these stands in the way of the deletion, whatever the rule says:",
        sv="Vart och ett av detta hindrar raderingen, vad regeln än säger:",
        parts=tuple(Statement(speech.wording(words).format(record=speech.record)) for words in stops),
    )


def aftermath(recycle_bin: Duration, how: str, purposes: Purposes, speech: Speech) -> Iterator[Statement]:
    """Give what becomes of what is deleted."""
    if how == ANONYMISE:
        yield speech.state(
            en="The CRM is told to make it anonymous, field by field alike, and can refuse. Where no CRM is connected, "
            "only the copy in this service is made so.",
            sv="CRM-systemet får order att anonymisera, fält för fält på samma sätt, och kan säga nej. Om inget "
            "CRM-system är anslutet anonymiseras bara kopian i den här tjänsten.",
        )
    else:
        yield speech.state(
            en="The CRM is told to delete, and can refuse. Where no CRM is connected, only the copy in this service is "
            "deleted.",
            sv="CRM-systemet får order att radera och kan säga nej. Om inget CRM-system är anslutet raderas bara "
            "kopian i den här tjänsten.",
        )
    if not recycle_bin.is_zero:
        length = speech.duration(recycle_bin)
        yield speech.state(
            en=f"For {length} after that, the copy in this service lies in a recycle bin, from which a person can "
            "restore it.",
            sv=f"I {length} därefter ligger tjänstens kopia i en papperskorg, varifrån en handläggare kan återställa "
            "den.",
        )
    yield ending(how, purposes, speech)
