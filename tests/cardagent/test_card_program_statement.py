"""Which links are followed, which statements are shown, and in which words."""

import json
import tomllib
from collections.abc import Callable
from datetime import timedelta
from importlib import resources
from typing import Any, get_args

import pytest
import rfc8785
from card_program_site import ACT, AT, ORIGIN, PLACE, TOKEN, encode, make_fields
from hypothesis import given, settings
from hypothesis import strategies as st

from cardagent.languages import Language, get_phrases
from cardagent.link import ActLink, InsecureLink, MalformedLink
from cardagent.statement import (
    MAX_LENGTH,
    Flaw,
    ForeignStatement,
    MalformedStatement,
    ObjectionContent,
    StatementExpired,
    check_statement,
    parse_statement,
)
from cardagent.words import put_into_words
from mynapoint.application.rules import ObjectionReason

LINK = ActLink.parse(f"{ORIGIN}/act/{TOKEN}")
DOMAIN = b"mynapoint act v1\n"


class TestActLink:
    @pytest.mark.parametrize(
        "origin",
        [
            "https://mynapoint.example",
            "https://mynapoint.example:8443",
            "http://127.0.0.1:8000",
            "http://127.9.9.9",
            "http://localhost:8000",
            "http://[::1]:8000",
        ],
    )
    def test_is_read_from_what_the_site_shows(self, origin: str) -> None:
        link = ActLink.parse(f"{origin}/act/{TOKEN}")
        assert (link.origin, link.act_id) == (origin, ACT)
        assert link.get_address("statement") == f"{origin}/act/{TOKEN}/statement"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "mynapoint",
            f"ftp://mynapoint.example/act/{TOKEN}",
            f"https://mynapoint.example/act/{TOKEN}/",
            f"https://mynapoint.example/act/{TOKEN}?a=b",
            f"https://mynapoint.example/act/{TOKEN}?",
            f"https://mynapoint.example/act/{TOKEN}#",
            f"https://mynapoint.example//act/{TOKEN}",
            f"https://mynapoint.example/act/{TOKEN[:-1]}",
            f"https://mynapoint.example/act/{TOKEN}A",
            f"https://user@mynapoint.example/act/{TOKEN}",
            f"https://MYNAPOINT.example/act/{TOKEN}",
            f"https://mynapoint.example:/act/{TOKEN}",
            f"https://mynapoint.example:443443/act/{TOKEN}",
            f"https://まいな.example/act/{TOKEN}",
            f"https:///act/{TOKEN}",
            f" https://mynapoint.example/act/{TOKEN}",
            f"https://mynapoint.example/act/{TOKEN}\n",
            f"https://{'a' * 500}.example/act/{TOKEN}",
        ],
    )
    def test_is_nothing_that_only_resembles_one(self, text: str) -> None:
        with pytest.raises(MalformedLink):
            ActLink.parse(text)

    @pytest.mark.parametrize("host", ["mynapoint.example", "192.168.0.1", "localhost.example", "127.0.0.1.example"])
    def test_leaves_this_machine_only_encrypted(self, host: str) -> None:
        with pytest.raises(InsecureLink):
            ActLink.parse(f"http://{host}/act/{TOKEN}")

    def test_shows_no_token(self) -> None:
        assert TOKEN not in repr(LINK)

    @settings(max_examples=1000)
    @given(st.text(max_size=80) | st.text(max_size=20).map(lambda rest: f"https://{rest}/act/{TOKEN}"))
    def test_meets_random_text_with_an_error_of_its_own(self, text: str) -> None:
        try:
            link = ActLink.parse(text)
        except (MalformedLink, InsecureLink):
            return
        assert f"{link.origin}/act/{link.token}" == text


def remove(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        *parents, name = path
        for parent in parents:
            fields = fields[parent]
        del fields[name]

    return change


def put(value: object, *path: str) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        *parents, name = path
        for parent in parents:
            fields = fields[parent]
        fields[name] = value

    return change


DEVIATIONS = [
    *[remove(name) for name in make_fields()],
    *[remove("content", name) for name in make_fields()["content"]],
    remove("content", "grant", "cap"),
    remove("programme", "title"),
    put("x", "unknown"),
    put("x", "content", "unknown"),
    put("x", "content", "account", "owner"),
    put("x", "programme", "unknown"),
    put("gift", "kind"),
    put("reservation", "kind"),
    put(1, "kind"),
    put({}, "content"),
    put("not-an-id", "act"),
    put(str(ACT).upper(), "act"),
    put(1, "act"),
    put("A" * 42, "nonce"),
    put("A" * 44, "nonce"),
    put("A" * 42 + "B", "nonce"),
    put("=" * 43, "nonce"),
    put("2020-09-01T01:05:00+00:00", "expires_at"),
    put("2020-09-01T10:05:00", "expires_at"),
    put("2020-09-01 10:05:00+09:00", "expires_at"),
    put(1598922000, "expires_at"),
    put("soon", "expires_at"),
    put("", "programme", "title"),
    put(" ", "programme", "title"),
    put("title\x1b[2J", "programme", "title"),
    put("見本\u202eイペ", "content", "service", "name"),
    put("見\u200b本", "content", "service", "name"),
    put("line\nline", "content", "account", "hint"),
    put("x" * 201, "content", "account", "hint"),
    put("0F" * 32, "content", "account", "hash"),
    put("0f" * 32 + "\n", "content", "account", "hash"),
    put(False, "content", "irrevocable"),
    put(1, "content", "irrevocable"),
    put("25", "content", "grant", "rate_percent"),
    put(True, "content", "grant", "rate_percent"),
    put(0, "content", "grant", "rate_percent"),
    put(101, "content", "grant", "rate_percent"),
    put(-1, "content", "grant", "cap"),
]


AT_A_COUNTER = [
    put(None, "place"),
    put([], "place"),
    *[
        remove("place", *path)
        for path in (("case",), ("counter",), ("terminal",), ("case", "colour"), ("counter", "id"))
    ],
    put("x", "place", "clerk"),
    put("x", "place", "case", "holder"),
    put(PLACE["case"]["id"].upper(), "place", "case", "id"),
    *[put(number, "place", "case", "number") for number in (0, 10_000, "12", True)],
    put("black", "place", "case", "colour"),
    put("2番\u202e", "place", "terminal", "name"),
    put(" ", "place", "counter", "name"),
]


class TestParseStatement:
    @pytest.mark.parametrize("kind", ["reservation", "application", "inquiry", "objection"])
    def test_reads_every_kind(self, kind: str) -> None:
        statement = parse_statement(encode(make_fields(kind)))
        assert (statement.kind, statement.act, statement.created_at) == (kind, ACT, AT)

    @pytest.mark.parametrize("deviation", DEVIATIONS, ids=range(len(DEVIATIONS)))
    def test_refuses_every_unknown_or_missing_field_and_odd_value(
        self, deviation: Callable[[dict[str, Any]], None]
    ) -> None:
        fields = make_fields()
        deviation(fields)
        with pytest.raises(MalformedStatement) as refused:
            parse_statement(encode(fields))
        assert refused.value.flaw is Flaw.FIELDS

    @pytest.mark.parametrize("kind", ["reservation", "application", "inquiry", "objection"])
    def test_reads_every_kind_at_a_counter(self, kind: str) -> None:
        place = parse_statement(encode(make_fields(kind) | {"place": PLACE})).place
        assert place is not None
        assert place.model_dump(mode="json") == PLACE

    @pytest.mark.parametrize("deviation", AT_A_COUNTER, ids=range(len(AT_A_COUNTER)))
    def test_refuses_every_place_that_is_not_whole(self, deviation: Callable[[dict[str, Any]], None]) -> None:
        fields = make_fields() | {"place": json.loads(json.dumps(PLACE))}
        deviation(fields)
        with pytest.raises(MalformedStatement) as refused:
            parse_statement(encode(fields))
        assert refused.value.flaw is Flaw.FIELDS

    @pytest.mark.parametrize(
        ("statement", "flaw"),
        [
            pytest.param(b"", Flaw.DOMAIN_LINE, id="empty"),
            pytest.param(b"mynapoint act v2\n{}", Flaw.DOMAIN_LINE, id="other-version"),
            pytest.param(rfc8785.dumps(make_fields()), Flaw.DOMAIN_LINE, id="no-domain-line"),
            pytest.param(DOMAIN + bytes(MAX_LENGTH), Flaw.TOO_LONG, id="too-long"),
            pytest.param(DOMAIN, Flaw.JSON, id="nothing-behind"),
            pytest.param(DOMAIN + b"\xff", Flaw.JSON, id="no-utf-8"),
            pytest.param(DOMAIN + b"\xef\xbb\xbf{}", Flaw.JSON, id="byte-order-mark"),
            pytest.param(DOMAIN + b"1.5", Flaw.JSON, id="fraction"),
            pytest.param(DOMAIN + b"NaN", Flaw.JSON, id="no-number"),
            pytest.param(DOMAIN + b"[" * 16000, Flaw.JSON, id="deep"),
            pytest.param(DOMAIN + b"9" * 5000, Flaw.JSON, id="huge-number"),
            pytest.param(DOMAIN + b"9" * 100, Flaw.NOT_CANONICAL, id="large-number"),
            pytest.param(DOMAIN + b'"\\ud800"', Flaw.NOT_CANONICAL, id="half-a-character"),
            pytest.param(DOMAIN + b"{} ", Flaw.NOT_CANONICAL, id="blank-behind"),
            pytest.param(DOMAIN + b'{"a":1,"a":1}', Flaw.NOT_CANONICAL, id="name-twice"),
            pytest.param(DOMAIN + b'{"b":1,"a":1}', Flaw.NOT_CANONICAL, id="other-order"),
            pytest.param(DOMAIN + b'{"\\u0061":1}', Flaw.NOT_CANONICAL, id="other-escape"),
            pytest.param(DOMAIN + b"[]", Flaw.FIELDS, id="list"),
            pytest.param(DOMAIN + b"{}", Flaw.FIELDS, id="no-fields"),
        ],
    )
    def test_names_the_first_flaw(self, statement: bytes, flaw: Flaw) -> None:
        with pytest.raises(MalformedStatement) as refused:
            parse_statement(statement)
        assert refused.value.flaw is flaw

    def test_refuses_the_same_content_in_another_spelling(self) -> None:
        spelled = DOMAIN + json.dumps(make_fields(), ensure_ascii=True).encode()
        with pytest.raises(MalformedStatement) as refused:
            parse_statement(spelled)
        assert refused.value.flaw is Flaw.NOT_CANONICAL

    @settings(max_examples=2000)
    @given(
        st.binary(max_size=200).map(lambda rest: DOMAIN + rest)
        | st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
            max_leaves=10,
        ).map(lambda value: DOMAIN + json.dumps(value).encode())
    )
    def test_meets_random_bytes_with_one_error(self, statement: bytes) -> None:
        with pytest.raises(MalformedStatement):
            parse_statement(statement)

    @settings(max_examples=2000)
    @given(position=st.integers(0, 2000), value=st.integers(0, 255), is_at_counter=st.booleans())
    def test_shows_every_changed_byte_or_refuses_it(self, position: int, value: int, is_at_counter: bool) -> None:
        statement = bytearray(encode(make_fields() | ({"place": PLACE} if is_at_counter else {})))
        statement[position % len(statement)] = value
        try:
            parsed = parse_statement(bytes(statement))
        except MalformedStatement:
            return
        assert encode(parsed.model_dump(mode="json", exclude_none=True)) == bytes(statement)


class TestCheckStatement:
    @pytest.mark.parametrize(
        ("moment", "is_expired"),
        [(timedelta(minutes=5, microseconds=-1), False), (timedelta(minutes=5), True)],
        ids=["last-moment", "end"],
    )
    def test_counts_the_end_as_too_late(self, moment: timedelta, is_expired: bool) -> None:
        statement = parse_statement(encode(make_fields()))
        if not is_expired:
            check_statement(statement, link=LINK, at=AT + moment)
            return
        with pytest.raises(StatementExpired) as refused:
            check_statement(statement, link=LINK, at=AT + moment)
        assert refused.value.expired_at == AT + timedelta(minutes=5)

    @pytest.mark.parametrize("audience", ["https://mynapoint.example.evil", "http://mynapoint.example", f"{ORIGIN}/"])
    def test_refuses_a_statement_for_another_site(self, audience: str) -> None:
        with pytest.raises(ForeignStatement):
            check_statement(parse_statement(encode(make_fields(audience=audience))), link=LINK, at=AT)

    def test_refuses_another_act_than_the_link_s(self) -> None:
        fields = make_fields() | {"act": "01917f00-0000-7000-8000-000000000002"}
        with pytest.raises(ForeignStatement):
            check_statement(parse_statement(encode(fields)), link=LINK, at=AT)


class TestColours:
    @pytest.mark.parametrize("language", Language)
    def test_have_the_names_that_the_counter_s_screens_say(self, language: Language) -> None:
        file = resources.files("mynapoint.site").joinpath("phrases", language, "counter.toml")
        for colour, name in tomllib.loads(file.read_text(encoding="utf-8"))["colour"].items():
            assert get_phrases(language).say(f"colour.{colour}").partition("（")[0] == name


class TestPutIntoWords:
    def test_says_everything_that_an_application_binds(self) -> None:
        wording = put_into_words(parse_statement(encode(make_fields())))
        said = str(wording)
        content = ("みほんペイ", "●●●●1234", "25%", "5,000", "変えることはできません")
        for part in ("申込", "マイナポイント（第1弾）", *content, ORIGIN, "10時05分00秒"):
            assert part in said

    def test_warns_of_nothing_that_can_be_taken_back(self) -> None:
        wording = put_into_words(parse_statement(encode(make_fields("reservation"))))
        assert "予約" in str(wording)
        assert not wording.warnings

    @pytest.mark.parametrize(
        ("language", "said"),
        [
            (Language.JAPANESE, "自分で開いた手続だけに署名してください"),
            (Language.EASY_JAPANESE, "手続（てつづき）だけに署名"),
            (Language.ENGLISH, "Sign only what you opened yourself"),
        ],
    )
    def test_warns_that_an_inquiry_is_seen_by_whoever_has_its_link(self, language: Language, said: str) -> None:
        wording = put_into_words(parse_statement(encode(make_fields("inquiry"))), language=language)
        assert [said in warning for warning in wording.warnings] == [True]

    @pytest.mark.parametrize(
        ("language", "said"),
        [
            (Language.JAPANESE, "法定代理人"),
            (Language.EASY_JAPANESE, "親（おや）など"),
            (Language.ENGLISH, "legal representative"),
        ],
    )
    @pytest.mark.parametrize("kind", ["reservation", "application", "inquiry", "objection"])
    def test_says_that_a_representative_acts_and_only_then(self, language: Language, said: str, kind: str) -> None:
        alone, for_child = (
            put_into_words(parse_statement(encode(make_fields(kind) | more)), language=language)
            for more in ({}, {"representative": True})
        )
        assert said in str(for_child)
        assert said not in str(alone)

    @pytest.mark.parametrize("language", Language)
    def test_says_what_is_objected_to(self, language: Language) -> None:
        reasons = ObjectionContent.model_fields["reason"].annotation
        said = set()
        for reason in get_args(reasons):
            fields = make_fields("objection") | {"content": {"reason": reason}}
            said.add(put_into_words(parse_statement(encode(fields)), language=language).core[1])
        assert len(said) == len(ObjectionReason) == len(get_args(reasons))
        assert set(get_args(reasons)) == set(ObjectionReason)

    @pytest.mark.parametrize(
        ("language", "said"),
        [
            (Language.JAPANESE, "市民課 2番窓口・件12（青）"),
            (Language.EASY_JAPANESE, "市民課 2番窓口・12ばん（青（あお））"),
            (Language.ENGLISH, "市民課, 2番窓口, case 12 (blue)"),
        ],
    )
    def test_says_first_whose_turn_at_which_counter_it_is(self, language: Language, said: str) -> None:
        wording = put_into_words(
            parse_statement(encode(make_fields("reservation") | {"place": PLACE})), language=language
        )
        assert wording.rows[0][1] == said
        assert len(wording.warnings) == 1
