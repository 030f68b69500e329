"""「手持ちのもので、できますか」: one question a page, and the way that fits the answers (S15, S16, S19)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Way = Literal["phone", "pc", "counter", "nobody"]
Answers = Mapping[str, str]


@dataclass(frozen=True)
class Question:
    """One question with its possible answers, asked only of those whose earlier answers call for it."""

    name: str
    answers: tuple[str, ...]
    only_after: tuple[str, tuple[str, ...]] | None = None

    def is_for(self, answers: Answers) -> bool:
        """Tell whether a person with these answers is asked."""
        if self.only_after is None:
            return True
        earlier, wanted = self.only_after
        return answers.get(earlier) in wanted


@dataclass(frozen=True)
class Advice:
    """The way that fits, and what has to be done before it, in this order."""

    way: Way
    first: tuple[str, ...]


QUESTIONS: Final = (
    Question("who", ("me", "child", "other")),
    Question("card", ("yes", "asked", "no"), ("who", ("me", "child"))),
    Question("certificate", ("yes", "renewed", "no", "unknown"), ("card", ("yes",))),
    Question("pin", ("known", "forgotten", "locked"), ("card", ("yes",))),
    Question("device", ("android", "iphone", "pc", "none"), ("card", ("yes",))),
    Question("android", ("yes", "no", "unknown"), ("device", ("android",))),
    Question("iphone", ("yes", "no", "unknown"), ("device", ("iphone",))),
    Question("reader", ("yes", "no"), ("device", ("pc",))),
    Question("program", ("yes", "no"), ("reader", ("yes",))),
    Question("payment", ("ready", "chosen", "no"), ("card", ("yes",))),
)
# Each device's question, with the way that a yes opens.
_WAYS: Final[Mapping[str, tuple[str, Way]]] = {
    "android": ("android", "phone"),
    "iphone": ("iphone", "phone"),
    "pc": ("reader", "pc"),
}
_FIRST: Final = (
    ("card", {"asked": "wait_for_card", "no": "ask_for_card"}),
    ("certificate", {"renewed": "wait_after_renewal", "no": "get_certificate", "unknown": "look_at_certificate"}),
    ("pin", {"forgotten": "reset_pin", "locked": "reset_pin"}),
    ("android", {"unknown": "look_at_phone"}),
    ("iphone", {"unknown": "look_at_phone"}),
    ("program", {"no": "get_program"}),
    ("payment", {"chosen": "prepare_service", "no": "choose_service"}),
)


def read_answers(typed: Answers) -> dict[str, str]:
    """Return what was answered, in the order of the questions; what is no answer, or was not asked, is left out."""
    answers: dict[str, str] = {}
    for question in QUESTIONS:
        answer = typed.get(question.name, "")
        if question.is_for(answers) and answer in question.answers:
            answers[question.name] = answer
    return answers


def find_next(answers: Answers) -> Question | None:
    """Return the first question that is still open; None when advice can be given."""
    return next((one for one in QUESTIONS if one.is_for(answers) and one.name not in answers), None)


def count_asked(answers: Answers) -> int:
    """Return how many questions a person with these answers has been asked, with the open one."""
    return len(answers) + (find_next(answers) is not None)


def advise(answers: Answers) -> Advice:
    """Return the way that fits complete answers."""
    first = [by_answer[answers[name]] for name, by_answer in _FIRST if answers.get(name) in by_answer]
    return Advice(way=_choose_way(answers), first=tuple(dict.fromkeys(first)))


def _choose_way(answers: Answers) -> Way:
    if answers["who"] == "other":
        return "nobody"
    question, way = _WAYS.get(answers.get("device", ""), ("", "counter"))
    return way if answers.get(question) in {"yes", "unknown"} else "counter"
