"""What the site says is said in three languages, and all of it is said somewhere."""

import re
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import phrase_use
import pytest

from cardagent.languages import Language, get_phrases
from mynapoint.kernel.documents import Words
from mynapoint.kernel.period import JST
from mynapoint.site.guide.documents import list_questions
from mynapoint.site.shell.dates import count_days_left, format_day, format_time, format_until, format_wait
from mynapoint.site.shell.furigana import add_furigana, read_glossary, spell_out
from mynapoint.site.shell.languages import choose
from mynapoint.site.shell.refusals import explain
from mynapoint.site.shell.words import get_words

PLACE = re.compile(r"\{(\w+)\}")
ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted((ROOT / "places").glob("*.toml")), *sorted((ROOT / "services").glob("*.toml"))]
READ = [source for source in DOCUMENTS if "\nreading = " in source.read_text()]
END = datetime(2021, 4, 1, tzinfo=JST)
SECOND = timedelta(seconds=1)


class TestPhrases:
    @pytest.mark.parametrize("language", ["easy", "en"])
    def test_are_the_same_in_every_language(self, language: str) -> None:
        assert phrase_use.read(language).keys() == phrase_use.read("ja").keys()

    @pytest.mark.parametrize("language", ["easy", "en"])
    def test_name_the_same_values(self, language: str) -> None:
        theirs = phrase_use.read(language)
        differing = [name for name, text in phrase_use.read("ja").items()
                     if set(PLACE.findall(text)) != set(PLACE.findall(theirs[name]))]  # fmt: skip
        assert differing == []

    @pytest.mark.parametrize("language", list(Language))
    def test_are_never_empty(self, language: str) -> None:
        assert [name for name, text in phrase_use.read(language).items() if not text.strip()] == []

    def test_are_all_said_somewhere(self) -> None:
        said = phrase_use.find_said()
        assert [name for name in phrase_use.read("ja") if not any(pattern.fullmatch(name) for pattern in said)] == []

    def test_in_english_hold_no_japanese(self) -> None:
        japanese = re.compile(r"[ぁ-んァ-ヶ一-龠]")
        assert [name for name, text in phrase_use.read("en").items() if japanese.search(text)] == []


class TestProse:
    """Long texts are one template a language."""

    def test_is_there_in_every_language(self) -> None:
        templates = {path.relative_to(phrase_use.SITE).as_posix() for path in phrase_use.SITE.rglob("*.html")}
        parts = {re.sub(r"\.(ja|easy|en)\.html$", "", name) for name in templates if name.count(".") == 2}
        missing = [f"{part}.{language}.html" for part in parts for language in Language
                   if f"{part}.{language}.html" not in templates]  # fmt: skip
        assert missing == []


class TestFurigana:
    def test_stands_over_the_glossarys_words(self) -> None:
        assert add_furigana("予約") == "<ruby>予約<rp>(</rp><rt>よやく</rt><rp>)</rp></ruby>"

    def test_leaves_the_kana_of_a_word_alone(self) -> None:
        expected = (
            "<ruby>申<rp>(</rp><rt>もう</rt><rp>)</rp></ruby>し<ruby>込<rp>(</rp><rt>こ</rt><rp>)</rp></ruby>みます"
        )
        assert add_furigana("申し込みます") == expected

    def test_takes_the_longest_word_first(self) -> None:
        assert "あんしょうばんごう" in add_furigana("暗証番号")
        assert "ばんごう</rt>" not in add_furigana("暗証番号").replace("あんしょうばんごう</rt>", "")

    def test_stands_behind_the_words_on_paper(self) -> None:
        assert spell_out("予約 <A&B> 8日(火)") == "予約(よやく) <A&B> 8日(ようか)(火(か))"

    def test_leaves_a_weekdays_single_letter_alone(self) -> None:
        assert add_furigana("<th>日</th>") == "<th>日</th>"

    def test_reads_a_counter_only_after_a_number(self) -> None:
        assert "<rt>がつ</rt>" in add_furigana("3月")
        assert "<rt>がつ</rt>" not in add_furigana("月に")

    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("地下1階", "地下《ちか》1階《かい》"), ("3階", "3階《がい》"), ("(月)", "(月《げつ》)"),
            ("(日)", "(日《にち》)"), ("10月8日(木)", "10月《がつ》8日《ようか》(木《もく》)"), ("(火)", "(火《か》)"),
            ("12月1日", "12月《がつ》1日《ついたち》"), ("1日間", "1日《いちにち》間《かん》"), ("1日に", "1日に"),
            ("18日", "18日《にち》"), ("3日後", "3日《みっか》後《ご》"), ("20日", "20日《はつか》"),
            ("０８日", "０８日《ようか》"), ("２人", "２人《ふたり》"), ("12人", "12人《にん》"), ("0分", "0分"),
            ("3分", "3分《ぷん》"), ("15分", "15分《ふん》"), ("1時間前", "1時間《じかん》前《まえ》"),
            ("もう一度待つ", "もう一度《いちど》待《ま》つ"), ("月・火", "月・火"),
            ("年・月・日", "年《ねん》・月《つき》・日《ひ》"),
        ],
    )  # fmt: skip
    def test_reads_numbers_days_and_weekdays_as_they_are_said(self, text: str, read: str) -> None:
        assert spell(text) == read

    @pytest.mark.parametrize(
        "text",
        ["西出張館", "中国", "日本人", "上町", "移動", "本中央町", "組合員", "市役所前通", "ロビー店", "第五日目"],
    )
    def test_reads_no_part_of_a_word_that_it_does_not_know(self, text: str) -> None:
        assert spell(text) == text

    def test_does_not_count_what_another_tag_holds(self) -> None:
        assert add_furigana("<b>8</b>日に") == "<b>8</b>日に"

    @pytest.mark.parametrize(
        "html",
        ['<img alt="予約">', "<title>予約</title>", "<option>予約</option>",
         "<ruby>予約<rt>よやく</rt></ruby>", "<svg><title>予約</title></svg>"],
    )  # fmt: skip
    def test_changes_nothing_inside_a_tag_or_a_place_for_text_only(self, html: str) -> None:
        assert add_furigana(html) == html


class TestReadings:
    """What stands in for easy Japanese is read as it is said, or not at all."""

    @pytest.mark.parametrize("source", READ, ids=lambda source: source.stem)
    def test_of_a_document_never_contradict_its_own(self, source: Path) -> None:
        document = tomllib.loads(source.read_text())
        name = spell(document["name"]["ja"]).removesuffix("(見本《みほん》)")
        said = re.sub(r"[一-龠々]+《([^》]+)》", r"\1", name).replace(" ", "")
        pattern = re.sub("[ァ-ヶー]+", lambda found: f"({hiragana(found[0])})?", re.sub("[一-龠々]+", "[ぁ-ん]+", said))
        assert re.fullmatch(pattern, document["reading"].replace(" ", "")), said

    @pytest.mark.parametrize("source", DOCUMENTS, ids=lambda source: source.stem)
    def test_cover_each_run_of_kanji_or_none_of_it(self, source: Path) -> None:
        torn = re.compile(r"</ruby>[一-龠々]+|[一-龠々]+<ruby>")
        texts = list(find_words(tomllib.loads(source.read_text())))
        assert texts
        assert [found for text in texts for found in torn.findall(add_furigana(text))] == []


def find_words(value: object) -> Iterator[str]:
    """Find every text of a document that the easy pages say, whether it is easy or stands in."""
    if isinstance(value, dict) and isinstance(value.get("ja"), str):
        yield value.get("easy") or value["ja"]
        yield value["ja"]
    elif isinstance(value, dict | list):
        for inside in value.values() if isinstance(value, dict) else value:
            yield from find_words(inside)


def hiragana(text: str) -> str:
    """Return katakana as hiragana."""
    return "".join(chr(ord(letter) - 0x60) if "ァ" <= letter <= "ヶ" else letter for letter in text)


def spell(text: str) -> str:
    """Return a text with its readings as the glossary writes them."""
    return re.sub(r"<ruby>(.*?)<rp>.*?<rt>(.*?)</rt>.*?</ruby>", r"\1《\2》", add_furigana(text))


# Words of the glossary are written with their kanji and its reading, never now and then in kana.
IN_KANA = re.compile(
    r"えら[ばびぶべん]|じぶん|\dさい|1つ|つぎ|つづ[きけく]|はじま|はじめ(?:る|ます)|おわ[らりるっ]|のこ[らりるっさし]|きめ[てたるま]|こたえ"
    r"|ぜんぶ|すこし|とちゅう|なに[もが]|れい:|しるし|じゅんばん|なお[しす]|あとで|さきに|しつもん|[がは]いり(?:ます|ません)"
)
SPACED = re.compile(r"[ぁ-んァ-ヶー一-龠々。、」] [ぁ-んァ-ヶ一-龠「]")


class TestEasyJapanese:
    """Whoever reads only kana can read it."""

    @pytest.mark.parametrize("source", phrase_use.list_easy_sources(), ids=lambda source: source.name)
    def test_writes_each_word_in_one_way(self, source: Path) -> None:
        texts = phrase_use.read_easy(source)
        assert [text for text in texts if IN_KANA.search(text)] == []
        assert source.suffix == ".html" or [text for text in texts if SPACED.search(text)] == []

    @pytest.mark.parametrize("source", phrase_use.list_easy_sources(), ids=lambda source: source.name)
    def test_carries_a_reading_over_every_word(self, source: Path) -> None:
        bare = {word for text in phrase_use.read_easy(source) for word in find_bare_words(text)}
        assert not bare, "put them into phrases/furigana.toml"


def find_bare_words(text: str) -> list[str]:
    """Return what carries no reading; a weekday's single letter needs none."""
    if text in read_glossary().weekdays:
        return []
    return re.findall(r"[^ >]{0,3}[一-龠々]+[^ <]{0,3}", re.sub(r"<ruby>.*?</ruby>", "", add_furigana(text)))


class TestDates:
    def test_are_japans_in_every_language(self) -> None:
        at = datetime(2020, 7, 1, 9, 5, 7, tzinfo=JST)
        assert format_day(at) == "2020年7月1日"
        assert format_day(at, Language.ENGLISH) == "1 July 2020"
        assert format_time(at) == "2020年7月1日 9時05分07秒"
        assert format_time(at, Language.ENGLISH) == "1 July 2020, 09:05:07 (Japan time)"

    @pytest.mark.parametrize(
        ("minutes", "said", "said_in_english"),
        [(0, "0分", "0 min"), (55, "55分", "55 min"), (60, "1時間", "1 h"), (260, "4時間20分", "4 h 20 min")],
    )
    def test_say_a_wait_in_hours_and_minutes(self, minutes: int, said: str, said_in_english: str) -> None:
        assert format_wait(minutes) == said
        assert format_wait(minutes, Language.ENGLISH) == said_in_english

    def test_name_the_last_day_of_a_window_that_ends_at_midnight(self) -> None:
        assert format_until(END) == "2021年3月31日まで"
        assert format_until(END, Language.ENGLISH) == "until 31 March 2021"

    def test_name_the_second_of_a_window_that_ends_within_a_day(self) -> None:
        assert format_until(END - SECOND) == "2021年3月31日 23時59分59秒まで(この時刻は含みません)"

    @pytest.mark.parametrize(
        ("at", "days"),
        [(END, 0), (END - SECOND, 1), (END - timedelta(days=1), 1), (END - timedelta(days=1) - SECOND, 2),
         (END - timedelta(days=10), 10)],
    )  # fmt: skip
    def test_count_the_days_that_are_left_to_the_second(self, at: datetime, days: int) -> None:
        assert count_days_left(END, at=at) == days


class TestRefusals:
    @pytest.mark.parametrize(("seconds", "said"), [(1, "1分"), (60, "1分"), (61, "2分"), (3600, "1時間")])
    def test_say_a_wait_in_minutes_that_are_full(self, seconds: int, said: str) -> None:
        sentence = explain("too_many_attempts", {"retry_after": seconds}, names={})
        assert sentence.detail == f"{said}たってから、もう一度入れてください。"


class TestQuotations:
    """What one text quotes from another page stands there."""

    @pytest.mark.parametrize(
        ("language", "name"),
        [*((language, "page.home_is") for language in Language),
         (Language.JAPANESE, "stop.visit_over.advice"), (Language.ENGLISH, "stop.visit_over.advice")],
    )  # fmt: skip
    def test_of_buttons_in_the_card_program_are_the_sites(self, language: Language, name: str) -> None:
        said = re.sub("（[^）]*）", "", get_phrases(language).say(name))
        assert get_words(language).say("journey.act.pc") in said

    @pytest.mark.parametrize("language", list(Language))
    def test_of_a_state_in_the_questions_are_the_pages(self, language: Language) -> None:
        asked = [one for group in list_questions() for one in group.questions if one.id == "state"]
        assert [get_words(language).say("mine.link.pending") in choose(one.q, language)[0] for one in asked] == [True]


class TestDocumentsWords:
    def test_are_chosen_by_language_and_stand_in_in_japanese(self) -> None:
        assert choose(Words(ja="は", en="h"), Language.ENGLISH) == ("h", Language.ENGLISH)
        assert choose(Words(ja="は"), Language.ENGLISH) == ("は", Language.JAPANESE)
        assert choose(Words(ja="は"), Language.EASY_JAPANESE) == ("は", Language.JAPANESE)
        assert choose(Words(ja="は", easy="わ"), Language.EASY_JAPANESE) == ("わ", Language.EASY_JAPANESE)
