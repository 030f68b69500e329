"""A statement in plain words, taken from nothing but the statement itself."""

from dataclasses import dataclass

from cardagent.languages import Language, Phrases, get_phrases
from cardagent.statement import Application, Inquiry, Objection, Statement

Row = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """What a person reads before signing: a heading, its core, the rest of it, and what cannot be taken back."""

    heading: str
    core: tuple[Row, ...]
    more: tuple[Row, ...]
    warnings: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """Everything, the core first."""
        return (*self.core, *self.more)


def put_into_words(statement: Statement, *, language: Language = Language.JAPANESE) -> Wording:
    """This will say everything that the signature will bind."""
    phrases = get_phrases(language)
    middle = _word_choice(statement, phrases) if isinstance(statement, Application) else _word_act(statement, phrases)
    return Wording(
        heading=phrases.say(f"statement.{statement.kind}"),
        core=(*_word_place(statement, phrases), *middle, *_word_representative(statement, phrases)),
        more=(
            *_word_grace(statement, phrases),
            (phrases.say("statement.programme"), statement.programme.title),
            *_word_grant(statement, phrases),
            (phrases.say("statement.site"), statement.audience),
            (phrases.say("statement.expires_at"), phrases.say_time(statement.expires_at)),
        ),
        warnings=(
            *((phrases.say("statement.place_is_yours"),) if statement.place else ()),
            *(_warn_of_choice(phrases) if isinstance(statement, Application) else ()),
            *((phrases.say("statement.inquiry_is_seen"),) if isinstance(statement, Inquiry) else ()),
        ),
    )


def _word_place(statement: Statement, phrases: Phrases) -> tuple[Row, ...]:
    """At a counter, whose turn it is comes first: it is what the citizen compares with the screens."""
    if statement.place is None:
        return ()
    case, counter, terminal = statement.place.case, statement.place.counter, statement.place.terminal
    said = phrases.say(
        "statement.place_is",
        counter=counter.name,
        terminal=terminal.name,
        number=case.number,
        colour=phrases.say(f"colour.{case.colour}"),
    )
    return ((phrases.say("statement.place"), said),)


def _word_grace(statement: Statement, phrases: Phrases) -> tuple[Row, ...]:
    if statement.grace is None:
        return ()
    grace = statement.grace
    stood_at = phrases.say_time(grace.stood_at)
    said = phrases.say("statement.grace_is", counter=grace.counter.name, number=grace.number, time=stood_at)
    return ((phrases.say("statement.grace"), said),)


def _word_representative(statement: Statement, phrases: Phrases) -> tuple[Row, ...]:
    if not statement.representative:
        return ()
    return ((phrases.say("statement.who"), phrases.say("statement.representative")),)


def _word_act(statement: Statement, phrases: Phrases) -> tuple[Row, ...]:
    act = (phrases.say("statement.act"), phrases.say(f"statement.{statement.kind}_is"))
    if not isinstance(statement, Objection):
        return (act,)
    return (act, (phrases.say("statement.reason"), phrases.say(f"reason.{statement.content.reason}")))


def _word_choice(statement: Application, phrases: Phrases) -> tuple[Row, ...]:
    content = statement.content
    return (
        (phrases.say("statement.service"), content.service.name),
        (phrases.say("statement.account"), content.account.hint),
    )


def _word_grant(statement: Statement, phrases: Phrases) -> tuple[Row, ...]:
    if not isinstance(statement, Application):
        return ()
    grant = statement.content.grant
    said = phrases.say("statement.grant_is", percent=grant.rate_percent, cap=f"{grant.cap:,}")
    return ((phrases.say("statement.grant"), said),)


def _warn_of_choice(phrases: Phrases) -> tuple[str, ...]:
    return (phrases.say("statement.application_is_final"), phrases.say("statement.application_is_yours"))
