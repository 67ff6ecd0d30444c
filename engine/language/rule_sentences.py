"""Sentences of a rule: what each part of it says, section by section. Adding a section is one entry in `SECTIONS`."""

from collections.abc import Callable, Iterator

from engine.language.check_sentences import occasions
from engine.language.needs import QUESTIONS
from engine.language.rule import LEAST_POPULATION, Rule
from engine.language.sentences import sentence
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.vocabulary.effect import Effect
from engine.vocabulary.wording import Wording, bilingual

Telling = Callable[[Rule, Speech], Iterator[Statement]]


def _about(rule: Rule, speech: Speech) -> Iterator[Statement]:
    called = speech.tongue.quoted(rule.id)
    yield speech.state(
        en=f"The rule {called} is applied to all {speech.records}.",
        sv=f"Regeln {called} tillämpas på alla {speech.records}.",
    )
    name, bracket, variant = rule.id.partition("[")
    if bracket:
        row, whole = speech.tongue.quoted(variant.removesuffix("]")), speech.tongue.quoted(name)
        yield speech.state(
            en=f"This is the variant {row} of the rule {whole}; each variant is described on its own.",
            sv=f"Detta är varianten {row} av regeln {whole}; varje variant beskrivs för sig.",
        )
    if rule.description:
        described = speech.tongue.quoted(speech.wording(rule.description))
        yield speech.state(
            en=f"Its author describes it as follows: {described}",
            sv=f"Dess författare beskriver den så här: {described}",
        )


def _stage(rule: Rule, speech: Speech) -> Iterator[Statement]:
    match rule.stage:
        case "live":
            yield speech.state(
                en="The rule is live: what is described here takes effect.",
                sv="Regeln är i drift: det som beskrivs här får verkan.",
            )
        case "watch":
            yield speech.state(
                en="The rule is on watch: it is evaluated, and what it would do is counted, but nothing takes effect.",
                sv="Regeln är under observation: den prövas, och det den skulle göra räknas, men inget får verkan.",
            )
        case "off":
            yield speech.state(
                en="The rule is off: it is not evaluated, and nothing takes effect.",
                sv="Regeln är avstängd: den prövas inte, och inget får verkan.",
            )


def _inputs(rule: Rule, speech: Speech) -> Iterator[Statement]:
    for need in rule.needs:
        kind = speech.wording(QUESTIONS[need.type])
        yield Statement(f"{speech.tongue.quoted(need.question)} ({kind})")


def _criteria(rule: Rule, speech: Speech) -> Iterator[Statement]:
    yield sentence(rule.criteria, speech)
    if rule.lasting is not None:
        length = speech.duration(rule.lasting)
        yield speech.state(
            en=f"This must have been true without a break for at least {length} before anything happens. When it is "
            "untrue or unknown in between, the time begins anew.",
            sv=f"Detta måste ha varit uppfyllt utan avbrott i minst {length} innan något händer. Om det däremellan "
            "inte är uppfyllt, eller är okänt, börjar tiden om.",
        )


def _unknown(rule: Rule, speech: Speech) -> Iterator[Statement]:
    yield speech.state(
        en="Where the value that a criterion asks for is missing or unclear, the criterion is neither true nor "
        "untrue but unknown, unless it says how that counts.",
        sv="Om värdet som ett villkor frågar efter saknas eller är oklart är villkoret varken uppfyllt eller inte "
        "uppfyllt, utan okänt, om villkoret inte säger hur det då räknas.",
    )
    yield speech.state(
        en=f"Where that leaves the whole open, {speech.record} is undecided: nothing begins, and what has begun stays "
        "as it was. Who is undecided is counted and shown.",
        sv=f"Om helheten därför inte kan avgöras börjar inget nytt för {speech.record}, och det som har börjat "
        "förblir som det var. Sådana oavgjorda fall räknas och visas.",
    )
    if rule.deletes:
        yield speech.state(en="Nobody undecided is deleted.", sv="I ett oavgjort fall raderas inget.")


def _then(rule: Rule, speech: Speech) -> Iterator[Statement]:
    yield from (call.words(speech) for call in rule.calls)
    if any(call.effect is Effect.REMOTE for call in rule.calls):
        yield _repeat(rule, speech)


def _repeat(rule: Rule, speech: Speech) -> Statement:
    record = speech.record
    match rule.repeat.kind:
        case "contact":
            return speech.state(
                en=f"What is sent or asked for happens once for {record}, also when this becomes true again later.",
                sv=f"Det som skickas eller begärs sker en gång för {record}, även om detta blir uppfyllt igen senare.",
            )
        case "need":
            question = speech.tongue.quoted(speech.questions.get(rule.repeat.need, rule.repeat.need))
            return speech.state(
                en=f"What is sent or asked for happens once for each answer to {question}.",
                sv=f"Det som skickas eller begärs sker en gång för varje svar på {question}.",
            )
        case "every" if rule.repeat.every is not None:
            length = speech.duration(rule.repeat.every)
            return speech.state(
                en=f"What is sent or asked for is repeated at intervals of {length}, for as long as this is true.",
                sv=f"Det som skickas eller begärs upprepas varje gång {length} har gått, så länge detta är uppfyllt.",
            )
    return speech.state(
        en="What is sent or asked for happens once each time this becomes true.",
        sv="Det som skickas eller begärs sker en gång varje gång detta blir uppfyllt.",
    )


def _closing(rule: Rule, speech: Speech) -> Iterator[Statement]:
    if any(call.effect is Effect.STATE for call in rule.calls):
        yield speech.state(
            en="What is said above to last for as long as this is true ends.",
            sv="Det som ovan sägs gälla så länge detta är uppfyllt upphör.",
        )
    if rule.deletes:
        yield speech.state(
            en="A deletion that has not been carried out is cancelled.",
            sv="En radering som inte har utförts avbryts.",
        )
    yield from (call.words(speech) for call in rule.closing)


def _deadline(rule: Rule, speech: Speech) -> Iterator[Statement]:
    deadline = rule.deadline
    if deadline is None:
        return
    length, begins = speech.duration(deadline.within), deadline.of.words(speech)
    yield speech.state(
        en=f"This must have stopped being true within {length} of {begins.text}.",
        sv=f"Detta måste ha upphört att vara uppfyllt inom {length} från {begins.text}.",
        parts=begins.details,
    )
    if deadline.remind_before is not None and rule.owner:
        before, whom = speech.duration(deadline.remind_before), speech.whom(rule.owner)
        yield speech.state(
            en=f"{before} before the end of that term {whom} is reminded by e-mail, if this is still true.",
            sv=f"{before} före fristens slut påminns {whom} med e-post, om detta fortfarande är uppfyllt.",
        )
    if deadline.if_late:
        yield speech.state(
            en="If this is still true when the term has passed:",
            sv="Om detta fortfarande är uppfyllt när fristen har gått ut:",
            parts=tuple(call.words(speech) for call in deadline.if_late),
        )


def _limit(rule: Rule, speech: Speech) -> Iterator[Statement]:
    if rule.limit is None:
        return
    most, share, population = speech.number(rule.limit.contacts), "", speech.number(LEAST_POPULATION)
    if rule.limit.percent is not None:
        percent = speech.number(rule.limit.percent)
        share = speech.say(
            en=f", or {percent} % of all {speech.records} (where there are {population} or more)",
            sv=f", eller {percent} % av alla {speech.records} (om de är {population} eller fler)",
        )
    yield speech.state(
        en=f"If the number of {speech.records} that would be scheduled for deletion within 24 hours exceeds "
        f"{most}{share}, none of them is: the rule stands still until a person has released exactly these deletions.",
        sv=f"Om antalet {speech.records} som skulle schemaläggas för radering inom 24 timmar överstiger {most}{share}, "
        "schemaläggs ingen av dem: regeln står stilla tills en handläggare har släppt fram just dessa raderingar.",
    )


def _grounds(rule: Rule, speech: Speech) -> Iterator[Statement]:
    owner = speech.whom(rule.owner) if rule.owner else speech.say(en="nobody is named", sv="ingen är utsedd")
    basis = rule.legal_basis or speech.say(en="none is stated", sv="ingen är angiven")
    yield speech.state(en=f"Responsible for the rule: {owner}.", sv=f"Ansvarig för regeln: {owner}.")
    yield speech.state(en=f"Legal basis: {basis}.", sv=f"Rättslig grund: {basis}.")
    if rule.articles:
        articles = ", ".join(rule.articles)
        yield speech.state(en=f"Articles of the GDPR: {articles}.", sv=f"Artiklar i GDPR: {articles}.")


SECTIONS: tuple[tuple[str, Wording, Telling], ...] = (
    ("about", bilingual(en="Whom the rule is about", sv="Vilka regeln gäller"), _about),
    ("stage", bilingual(en="Whether it takes effect", sv="Om den har verkan"), _stage),
    ("grounds", bilingual(en="On what grounds", sv="På vilken grund"), _grounds),
    ("inputs", bilingual(en="What is asked for when it is run", sv="Vad som efterfrågas när den körs"), _inputs),
    ("check", bilingual(en="When it looks", sv="När den prövas"), lambda rule, speech: occasions(rule.check, speech)),
    ("criteria", bilingual(en="What must be true", sv="Vad som ska vara uppfyllt"), _criteria),
    ("unknown", bilingual(en="What is unknown", sv="Vad som är okänt"), _unknown),
    ("then", bilingual(en="What happens when it becomes true", sv="Vad som sker när det blir uppfyllt"), _then),
    (
        "when_no_longer",
        bilingual(en="What happens when it is no longer true", sv="Vad som sker när det inte längre är uppfyllt"),
        _closing,
    ),
    ("deadline", bilingual(en="Within which term", sv="Inom vilken frist"), _deadline),
    ("limit", bilingual(en="What stops the rule", sv="Vad som stoppar regeln"), _limit),
)
