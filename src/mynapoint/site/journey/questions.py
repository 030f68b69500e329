"""What each step asks: how its form is read into the draft's answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cardagent.languages import Language, Phrases
from mynapoint.directory.queries import list_services
from mynapoint.directory.rules import ON_SITE, Service, find_obstacle
from mynapoint.draft.rules import ANY_SERVICE, DraftChanged, Step
from mynapoint.site.journey.acts import check_account
from mynapoint.site.journey.opening import Opened
from mynapoint.site.journey.typed import check_ticked, list_fields, read_account, read_choice
from mynapoint.site.shell.words import get_words

Given = Mapping[str, object]


@dataclass(frozen=True)
class Form:
    """A step's form as it came in, with the draft that it belongs to."""

    typed: Mapping[str, str]
    opened: Opened
    language: Language

    @property
    def words(self) -> Phrases:
        """The phrases in which its mistakes are named."""
        return get_words(self.language)

    def get_service(self) -> Service:
        """Return the service that this form was shown for.

        :raises DraftChanged: when another window has chosen another since, or it has closed.
        """
        service = self.opened.service
        if service is None or self.typed.get("service") != service.id:
            raise DraftChanged
        return service


def can_serve(service: Service, opened: Opened) -> bool:
    """This will say whether a service can be applied for on the site: a child's only where children may."""
    obstacle = find_obstacle(service, ways=ON_SITE, at=opened.at)
    return obstacle is None and (service.minors or not opened.by_representative)


def _read_who(form: Form) -> Given:
    wrong = form.words.say("journey.who.missing")
    who = read_choice(form.typed, "who", ("myself", "representative"), wrong=wrong)
    service, is_child = form.opened.service, who == "representative"
    if service is not None and is_child and not service.minors:
        return {"who": who, "service": None}
    return {"who": who}


def _read_service(form: Form) -> Given:
    services = list_services(programme=form.opened.programme.id, at=form.opened.at)
    allowed = [service.id for service in services if can_serve(service, form.opened)]
    return {"service": read_choice(form.typed, "service", allowed, wrong=form.words.say("journey.service.missing"))}


def _read_preparation(form: Form) -> Given:
    service = form.get_service()
    check_ticked(form.typed, {"prepared": form.words.say("journey.preparation.missing")})
    return {"prepared_for": service.id}


def _read_terms(form: Form) -> Given:
    wording = form.opened.wording
    if form.typed.get("wording") != wording:
        raise DraftChanged
    terms = {} if form.opened.has_agreed_before else {"terms": form.words.say("journey.terms.missing")}
    agreed = {"agreed_programme": wording}
    if form.opened.draft.kind == "reservation":
        check_ticked(form.typed, terms)
        return {"agreed_for": ANY_SERVICE, **agreed}
    service = form.get_service()
    check_ticked(form.typed, {**terms, "service_terms": form.words.say("journey.terms.missing_service")})
    since = form.opened.terms_since
    if since is None or form.typed.get("revision") != since.isoformat():
        raise DraftChanged
    return {"agreed_for": service.id, "agreed_terms": since, **agreed}


def _read_account(form: Form) -> Given:
    service = form.get_service()
    typed = read_account(service, form.typed, language=form.language)
    return {"account": check_account(form.opened.programme, service, typed, at=form.opened.at)}


def _read_hint(form: Form) -> Given:
    account = form.opened.draft.answers.account
    if account is None:
        raise DraftChanged
    own = read_choice(form.typed, "own", ("yes", "no"), wrong=form.words.say("journey.hint.missing"))
    return {"account": replace(account, is_own=True) if own == "yes" else None}


def _read_consequence(form: Form) -> Given:
    service = form.get_service()
    check_ticked(form.typed, {"understood": form.words.say("journey.consequence.missing")})
    return {"understood_for": service.id}


_FIELDS: Final[Mapping[Step, tuple[str, ...]]] = {
    Step.WHO: ("who",),
    Step.SERVICE: (),
    Step.PREPARATION: ("prepared",),
    Step.TERMS: ("wording", "terms", "service_terms", "revision"),
    Step.HINT: ("own", "seen"),
    Step.CONSEQUENCE: ("understood",),
}


def name_fields(step: Step, service: Service | None) -> tuple[str, ...]:
    """This will name the fields of a step's form; those of a service's account are its own."""
    own = _FIELDS.get(step, ())
    typed = [field.name for field in list_fields(service, {})] if step is Step.ACCOUNT and service else []
    return ("service", *own, *typed)


READERS: Final[Mapping[Step, Callable[[Form], Given]]] = {
    Step.WHO: _read_who,
    Step.SERVICE: _read_service,
    Step.PREPARATION: _read_preparation,
    Step.TERMS: _read_terms,
    Step.ACCOUNT: _read_account,
    Step.HINT: _read_hint,
    Step.CONSEQUENCE: _read_consequence,
}
