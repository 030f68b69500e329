"""Finding a question: those that answer to most of what was typed, in whatever language it was."""

import re
import unicodedata
from functools import cache
from typing import Final

from mynapoint.kernel.documents import Words
from mynapoint.site.guide.documents import Question, QuestionGroup, list_questions
from mynapoint.site.shell.folding import fold

LONGEST_TEXT: Final = 60
# What carries the meaning: kanji and katakana without their endings, hiragana that stand alone, letters, digits.
_WORD: Final = re.compile(
    r"([一-龠々〆ヶ]{2,})[ぁ-ゖ]*|([一-龠][ぁ-ゖ]?)[ぁ-ゖ]*|([ァ-ヶー]{2,})[ぁ-ゖ]*|([ぁ-ゖー]{3,})|([a-z0-9]{2,})"
)


def read_text(typed: str) -> str:
    """This will read what was typed; more than a question's length is left out."""
    return typed.replace("\x00", "").strip()[:LONGEST_TEXT]


def find_questions(text: str) -> list[QuestionGroup]:
    """This will find the questions that hold most of a text's words, in their groups; all of them for no text."""
    groups = list_questions()
    if not text:
        return list(groups)
    words = split_words(text)
    scores = {question.id: _count(question, words) for group in groups for question in group.questions}
    best = max(scores.values())
    kept = {name for name, score in scores.items() if score == best > 0}
    narrowed = [
        group.model_copy(update={"questions": tuple(one for one in group.questions if one.id in kept)})
        for group in groups
    ]
    return [group for group in narrowed if group.questions]


def split_words(text: str) -> frozenset[str]:
    """This will split a text into the words that carry its meaning, folded; all of it when it has none."""
    found = _WORD.findall(unicodedata.normalize("NFKC", text).lower())
    return frozenset(fold("".join(groups)) for groups in found) or frozenset({fold(text)})


def _count(question: Question, words: frozenset[str]) -> int:
    asked, answered = _fold_question(question.id)
    return sum(2 if word in asked else word in answered for word in words)


@cache
def _fold_question(name: str) -> tuple[str, str]:
    question = next(one for group in list_questions() for one in group.questions if one.id == name)
    return _fold(question.q), _fold(*question.a)


def _fold(*texts: Words) -> str:
    return "\n".join(fold(text) for words in texts for text in (words.ja, words.easy, words.en) if text)
