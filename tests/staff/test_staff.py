"""Who works where, from when until when, and which browser is which terminal."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User

from cast import AT, DAY, SECOND
from mynapoint.console.counterparts import COUNTERPARTS
from mynapoint.journal.operations import sequence
from mynapoint.journal.queries import verify_journal
from mynapoint.place.models import PlaceRevision
from mynapoint.staff.models import (
    EndedMembership,
    GivenMembership,
    RegisteredTerminal,
    RevokedTerminal,
    StandingTerminal,
    TerminalCode,
)
from mynapoint.staff.operations import (
    Given,
    claim_terminal,
    dismiss,
    end_membership,
    give_post,
    hire,
    register_terminal,
    replace_terminal,
    revoke_terminal,
)
from mynapoint.staff.queries import find_member, find_terminal, list_members, list_terminals
from mynapoint.staff.rules import (
    CODE_LIFETIME,
    OFFICE,
    CityUnknown,
    CodeUnusable,
    CounterNotOfCity,
    Device,
    LastAdministrator,
    MembershipEnded,
    MembershipUnknown,
    OwnAdministration,
    Post,
    PostHeld,
    PostUnusable,
    RegistrationCode,
    Role,
    Terminal,
    TerminalNameTaken,
    TerminalNameUnusable,
    TerminalUnknown,
    TimesUnusable,
    UserNameTaken,
    UserNameUnusable,
    UserUnknown,
    WorksElsewhere,
)
from races import at_once, list_ends
from staff_cast import CITY, COUNTER, OTHER_CITY, OTHER_COUNTER, employ, install, open_counters

pytestmark = pytest.mark.django_db
LATER = AT + DAY
CLERK = Post(Role.CLERK)


@pytest.fixture(autouse=True)
def _counters() -> None:
    open_counters()


def given(post: Post = CLERK, *, city: str = CITY, **times: object) -> Given:
    return Given(**({"city": city, "post": post, "from_at": AT, "by": 1} | times))  # type: ignore[arg-type]


class TestMember:
    def test_has_what_was_given_from_its_first_instant_until_its_last(self) -> None:
        membership = hire("hana", given(from_at=LATER, until_at=LATER + DAY), at=AT)
        times = [LATER - SECOND, LATER, LATER + DAY - SECOND, LATER + DAY]
        found = [find_member(membership.user_id, at=at) for at in times]
        assert [bool(member) for member in found] == [False, True, True, False]
        assert found[1] is not None
        assert (found[1].city, found[1].roles, found[1].counters) == (CITY, {Role.CLERK}, frozenset())

    def test_has_different_roles_at_different_counters(self) -> None:
        user_id = hire("hana", given(Post(Role.CLERK, COUNTER)), at=AT).user_id
        open_counters("minatono-yubin")
        give_post(user_id, given(Post(Role.SUPERVISOR, "minatono-yubin")), at=AT)
        member = find_member(user_id, at=AT)
        assert member is not None
        assert member.roles_at(COUNTER) == {Role.CLERK}
        assert member.roles_at("minatono-yubin") == {Role.SUPERVISOR}
        assert member.roles == {Role.CLERK, Role.SUPERVISOR}
        assert member.counters == {COUNTER, "minatono-yubin"}

    def test_has_a_citys_role_at_each_of_its_counters(self) -> None:
        member = find_member(hire("hana", given(), at=AT).user_id, at=AT)
        assert member is not None
        assert member.roles_at(COUNTER) == member.roles_at("any") == {Role.CLERK}

    def test_is_nobody_without_a_post(self) -> None:
        assert find_member(User.objects.create_user("hana").id, at=AT) is None

    def test_cannot_sign_in_with_a_password_before_choosing_one(self) -> None:
        user = User.objects.get(id=hire("hana", given(), at=AT).user_id)
        assert not user.has_usable_password()


class TestPost:
    @pytest.mark.parametrize(
        ("post", "city"),
        [
            (Post(Role.OFFICE), CITY),
            (Post(Role.CLERK), OFFICE),
            (Post(Role.SUPERVISOR), OFFICE),
            (Post(Role.CITY_ADMIN), OFFICE),
            (Post(Role.CITY_ADMIN, COUNTER), CITY),
            (Post(Role.AUDITOR, COUNTER), CITY),
            (Post(Role.OFFICE, COUNTER), OFFICE),
        ],
    )
    def test_is_not_given_where_there_is_no_such_role(self, post: Post, city: str) -> None:
        with pytest.raises(PostUnusable):
            hire("hana", given(post, city=city), at=AT)
        assert not User.objects.filter(username="hana").exists()

    @pytest.mark.parametrize("role", [Role.OFFICE, Role.AUDITOR])
    def test_is_given_in_the_office(self, role: Role) -> None:
        member = find_member(hire("hana", given(Post(role), city=OFFICE), at=AT).user_id, at=AT)
        assert member is not None
        assert (member.city, member.roles) == (OFFICE, {role})

    @pytest.mark.parametrize("counter", [OTHER_COUNTER, "nowhere", "sodan"])
    def test_is_not_given_at_a_counter_that_is_not_the_citys(self, counter: str) -> None:
        open_counters("sodan")
        with pytest.raises(CounterNotOfCity):
            hire("hana", given(Post(Role.CLERK, counter)), at=AT)

    @pytest.mark.parametrize("city", ["131016", "99203", "x"])
    def test_is_not_given_in_a_city_without_counters(self, city: str) -> None:
        with pytest.raises(CityUnknown):
            hire("hana", given(city=city), at=AT)

    @pytest.mark.parametrize("name", ["", "Hana", "花", "-hana", "h" * 41, "hana ", "a\nb"])
    def test_is_not_given_under_a_name_that_is_none(self, name: str) -> None:
        with pytest.raises(UserNameUnusable):
            hire(name, given(), at=AT)

    def test_is_not_given_to_somebody_else_of_the_same_name(self) -> None:
        hire("hana", given(), at=AT)
        with pytest.raises(UserNameTaken):
            hire("hana", given(city=OTHER_CITY), at=AT)

    def test_is_not_given_to_nobody(self) -> None:
        with pytest.raises(UserUnknown):
            give_post(0, given(), at=AT)

    def test_is_not_given_in_a_second_city(self) -> None:
        user_id = hire("hana", given(), at=AT).user_id
        dismiss(user_id, by=None, at=AT)
        for city in (OTHER_CITY, OFFICE):
            with pytest.raises(WorksElsewhere):
                give_post(user_id, given(CLERK if city else Post(Role.OFFICE), city=city), at=AT)

    def test_is_not_given_twice_for_the_same_time(self) -> None:
        user_id = hire("hana", given(until_at=LATER), at=AT).user_id
        with pytest.raises(PostHeld) as refused:
            give_post(user_id, given(from_at=LATER - SECOND), at=AT)
        assert refused.value.from_at == AT
        assert give_post(user_id, given(from_at=LATER), at=AT).number == 2

    @pytest.mark.parametrize(("from_at", "until_at"), [(AT - SECOND, None), (AT, AT), (LATER, AT), (LATER, LATER)])
    def test_is_not_given_for_no_time_or_the_past(self, from_at: object, until_at: object) -> None:
        with pytest.raises(TimesUnusable):
            hire("hana", given(from_at=from_at, until_at=until_at), at=AT)


class TestEnd:
    def test_counts_from_its_very_second(self) -> None:
        user_id = hire("hana", given(), at=AT).user_id
        end_membership(user_id, 1, ends_at=LATER, by=1, at=AT)
        assert find_member(user_id, at=LATER - SECOND)
        assert find_member(user_id, at=LATER) is None

    def test_can_come_earlier_never_later(self) -> None:
        user_id = hire("hana", given(until_at=LATER + DAY), at=AT).user_id
        end_membership(user_id, 1, ends_at=LATER, by=1, at=AT)
        for ends_at in (LATER, LATER + SECOND, LATER + DAY, LATER + 2 * DAY):
            with pytest.raises(MembershipEnded):
                end_membership(user_id, 1, ends_at=ends_at, by=1, at=AT)
        end_membership(user_id, 1, ends_at=LATER - SECOND, by=1, at=AT)
        assert find_member(user_id, at=LATER - SECOND) is None

    def test_is_not_in_the_past(self) -> None:
        user_id = hire("hana", given(), at=AT).user_id
        with pytest.raises(TimesUnusable):
            end_membership(user_id, 1, ends_at=AT - SECOND, by=1, at=AT)

    def test_needs_a_membership(self) -> None:
        with pytest.raises(MembershipUnknown):
            end_membership(0, 1, ends_at=AT, by=1, at=AT)

    def test_of_everything_takes_what_was_to_come_too(self) -> None:
        user_id = hire("hana", given(), at=AT).user_id
        give_post(user_id, given(Post(Role.AUDITOR), from_at=LATER), at=AT)
        end_membership(user_id, 1, ends_at=LATER, by=1, at=AT)
        assert dismiss(user_id, by=1, at=AT + SECOND) == 2
        assert [find_member(user_id, at=at) for at in (AT + SECOND, LATER, LATER + DAY)] == [None] * 3
        assert dismiss(user_id, by=1, at=AT + SECOND) == 0


ADMIN = Post(Role.CITY_ADMIN)


class TestAdministration:
    """Of a city: nobody can lock it out."""

    def test_is_nobody_s_to_take_from_themselves_and_another_takes_it(self) -> None:
        kei, aoi = (hire(name, given(ADMIN), at=AT).user_id for name in ("kei", "aoi"))
        give_post(kei, given(), at=AT)
        with pytest.raises(OwnAdministration):
            end_membership(kei, 1, ends_at=AT, by=kei, at=AT)
        with pytest.raises(OwnAdministration):
            dismiss(kei, by=kei, at=AT)
        end_membership(kei, 2, ends_at=AT, by=kei, at=AT)
        end_membership(kei, 1, ends_at=AT, by=aoi, at=AT)
        assert find_member(kei, at=AT) is None

    def test_is_not_ended_for_the_last_now_or_later(self) -> None:
        kei = hire("kei", given(ADMIN), at=AT).user_id
        aoi = hire("aoi", given(ADMIN, until_at=LATER), at=AT).user_id
        hire("riku", given(ADMIN, city=OTHER_CITY), at=AT)
        hire("sora", given(Post(Role.SUPERVISOR)), at=AT)
        for ends_at in (AT, LATER - SECOND, LATER, LATER + DAY):
            with pytest.raises(LastAdministrator):
                end_membership(kei, 1, ends_at=ends_at, by=aoi, at=AT)
        with pytest.raises(LastAdministrator):
            dismiss(kei, by=aoi, at=AT)
        end_membership(aoi, 1, ends_at=AT, by=kei, at=AT)

    @pytest.mark.parametrize(("gap", "is_kept"), [(-SECOND, True), (0 * SECOND, True), (SECOND, False)])
    def test_may_pass_from_one_to_the_next_without_a_gap(self, gap: timedelta, is_kept: bool) -> None:
        kei = hire("kei", given(ADMIN), at=AT).user_id
        aoi = hire("aoi", given(ADMIN, until_at=LATER), at=AT).user_id
        hire("nao", given(ADMIN, from_at=LATER + gap), at=AT)
        if is_kept:
            end_membership(kei, 1, ends_at=AT, by=aoi, at=AT)
        else:
            with pytest.raises(LastAdministrator):
                end_membership(kei, 1, ends_at=AT, by=aoi, at=AT)

    def test_is_ended_once_it_lasts_no_longer_than_another_s(self) -> None:
        kei = hire("kei", given(ADMIN, until_at=LATER), at=AT).user_id
        aoi = hire("aoi", given(ADMIN, until_at=LATER), at=AT).user_id
        end_membership(kei, 1, ends_at=AT, by=aoi, at=AT)

    def test_can_be_ended_at_the_console(self) -> None:
        kei = hire("kei", given(ADMIN), at=AT).user_id
        assert dismiss(kei, by=None, at=AT) == 1


class TestTerminal:
    def test_is_what_a_browser_becomes_by_a_code(self) -> None:
        installed = install("2番窓口", at=AT)
        assert find_terminal(installed.device.token, at=AT) == Terminal(
            str(installed.id), "2番窓口", COUNTER, "みなとの市役所 マイナンバー窓口", CITY
        )
        assert [(view.name, view.claimed_at) for view in list_terminals(COUNTER)] == [("2番窓口", AT)]

    @pytest.mark.parametrize("late", [-1, 0])
    def test_is_made_within_the_hour(self, late: int) -> None:
        _, code = register_terminal(COUNTER, "1番窓口", city=CITY, by=1, at=AT)
        at = AT + CODE_LIFETIME + timedelta(seconds=late)
        if late < 0:
            assert find_terminal(claim_terminal(code, at=at).token, at=at)
            return
        with pytest.raises(CodeUnusable):
            claim_terminal(code, at=at)

    def test_is_made_once_by_one_code(self) -> None:
        _, code = register_terminal(COUNTER, "1番窓口", city=CITY, by=1, at=AT)
        claim_terminal(code, at=AT)
        with pytest.raises(CodeUnusable):
            claim_terminal(code, at=AT)

    def test_is_replaced_at_once_and_its_older_codes_with_it(self) -> None:
        terminal_id, unused = register_terminal(COUNTER, "1番窓口", city=CITY, by=1, at=AT)
        first = claim_terminal(replace_terminal(terminal_id, by=1, at=AT), at=AT)
        newer = replace_terminal(terminal_id, by=1, at=AT)
        assert find_terminal(first.token, at=AT) is None
        with pytest.raises(CodeUnusable):
            claim_terminal(unused, at=AT)
        second = claim_terminal(newer, at=AT)
        assert find_terminal(second.token, at=AT)
        assert find_terminal(first.token, at=AT) is None

    def test_is_none_once_revoked_and_its_name_is_free_again(self) -> None:
        installed = install(at=AT)
        code = replace_terminal(installed.id, by=1, at=AT)
        device = claim_terminal(code, at=AT)
        revoke_terminal(installed.id, by=1, at=AT)
        assert find_terminal(device.token, at=AT) is None
        for refused in (
            lambda: revoke_terminal(installed.id, by=1, at=AT),
            lambda: replace_terminal(installed.id, by=1, at=AT),
        ):
            with pytest.raises(TerminalUnknown):
                refused()
        assert install(at=AT).id != installed.id

    def test_is_not_made_by_a_code_of_a_revoked_one(self) -> None:
        terminal_id, code = register_terminal(COUNTER, "1番窓口", city=CITY, by=1, at=AT)
        revoke_terminal(terminal_id, by=1, at=AT)
        with pytest.raises(CodeUnusable):
            claim_terminal(code, at=AT)

    def test_has_a_name_of_its_own_at_its_counter(self) -> None:
        install("1番窓口", at=AT)
        with pytest.raises(TerminalNameTaken):
            register_terminal(COUNTER, " 1番窓口 ", city=CITY, by=1, at=AT)
        assert install("1番窓口", counter=OTHER_COUNTER, city=OTHER_CITY, at=AT)

    @pytest.mark.parametrize("name", ["", "  ", "1" * 41, "1番\n窓口", "1番\x00", "1\u202e番"])
    def test_has_a_name_that_can_be_shown(self, name: str) -> None:
        with pytest.raises(TerminalNameUnusable):
            register_terminal(COUNTER, name, city=CITY, by=1, at=AT)

    def test_is_none_while_its_counter_does_not_exist(self) -> None:
        installed = install(at=AT)
        PlaceRevision.objects.filter(id=COUNTER).delete()
        assert find_terminal(installed.device.token, at=AT) is None

    @pytest.mark.parametrize("counter", [OTHER_COUNTER, "nowhere"])
    def test_stands_at_a_counter_of_its_city(self, counter: str) -> None:
        with pytest.raises(CounterNotOfCity):
            register_terminal(counter, "1番窓口", city=CITY, by=1, at=AT)

    @pytest.mark.parametrize("secret", ["", "x", "A" * 43, "A" * 5000, "あ" * 43, "\x00"])
    def test_is_nothing_that_a_stranger_says(self, secret: str) -> None:
        install(at=AT)
        assert find_terminal(secret, at=AT) is None

    def test_is_not_known_by_its_id_alone(self) -> None:
        assert find_terminal(Device.draw(install(at=AT).id).token, at=AT) is None
        assert find_terminal(Device.draw(uuid4()).token, at=AT) is None


class TestCode:
    def test_is_read_however_it_was_typed(self) -> None:
        code = RegistrationCode.draw()
        for typed in (code.text, code.shown, code.shown.lower(), f" {code.shown.replace('-', ' ')} "):
            assert RegistrationCode.read(typed) == code

    @pytest.mark.parametrize("typed", ["", "A" * 15, "A" * 17, "O" * 16, "あ" * 16, "A-" * 5000])
    def test_is_not_read_from_something_else(self, typed: str) -> None:
        with pytest.raises(CodeUnusable):
            RegistrationCode.read(typed)


class TestJournal:
    @pytest.fixture(autouse=True)
    def _history(self) -> None:
        user = employ("hana", Role.CLERK, at=AT)
        give_post(user.id, given(Post(Role.SUPERVISOR, COUNTER), until_at=LATER, by=user.id), at=AT)
        end_membership(user.id, 1, ends_at=LATER, by=None, at=AT)
        installed = install(at=AT)
        replace_terminal(installed.id, by=user.id, at=AT)
        revoke_terminal(installed.id, by=user.id, at=AT)
        sequence(at=AT)

    def test_has_every_change(self) -> None:
        report = verify_journal(counterparts=COUNTERPARTS)
        assert report.is_intact, report
        assert report.sequenced == 8

    @pytest.mark.parametrize(
        "change",
        [
            lambda: GivenMembership.objects.filter(number=1).update(role="city_admin"),
            lambda: GivenMembership.objects.filter(number=2).update(until_at=LATER + DAY),
            lambda: GivenMembership.objects.filter(number=2).delete(),
            lambda: RegisteredTerminal.objects.update(name="9番窓口"),
        ],
    )
    def test_finds_what_was_changed_afterwards(self, change: Callable[[], object]) -> None:
        change()
        assert not verify_journal(counterparts=COUNTERPARTS).is_intact


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_give_one_post_once(self) -> None:
        user_id = hire("hana", given(Post(Role.AUDITOR)), at=AT).user_id
        ended = at_once(*[lambda: give_post(user_id, given(), at=AT)] * 2)
        assert sorted(type(one).__name__ for one in ended) == ["Membership", "PostHeld"]

    def test_give_different_posts_all(self) -> None:
        user_id = hire("hana", given(Post(Role.AUDITOR)), at=AT).user_id
        posts = [Post(Role.CLERK), Post(Role.SUPERVISOR), Post(Role.CITY_ADMIN)]
        at_once(*[lambda post=post: give_post(user_id, given(post), at=AT) for post in posts])  # type: ignore[misc]
        member = find_member(user_id, at=AT)
        assert member is not None
        assert member.posts == {Post(Role.AUDITOR), *posts}

    def test_let_a_user_work_for_one_city(self) -> None:
        user_id = User.objects.create_user("hana").id
        ended = at_once(*[lambda city=city: give_post(user_id, given(city=city), at=AT) for city in (CITY, OTHER_CITY)])  # type: ignore[misc]
        assert sum(isinstance(one, WorksElsewhere) for one in ended) == 1
        assert len(list_members(CITY)) + len(list_members(OTHER_CITY)) == 1

    def test_leaves_one_of_two_administrators_who_end_each_other(self) -> None:
        kei, aoi = (hire(name, given(ADMIN), at=AT).user_id for name in ("kei", "aoi"))
        ended = at_once(lambda: end_membership(kei, 1, ends_at=AT, by=aoi, at=AT), lambda: dismiss(aoi, by=kei, at=AT))
        assert list_ends(ended) == ["done", "last_administrator"]
        assert len([one for one in (kei, aoi) if find_member(one, at=AT)]) == 1

    def test_end_a_post_once(self) -> None:
        user_id = hire("hana", given(), at=AT).user_id
        ended = at_once(*[lambda: end_membership(user_id, 1, ends_at=LATER, by=1, at=AT)] * 3)
        assert list_ends(ended) == ["done"] + [MembershipEnded.code] * 2
        assert EndedMembership.objects.count() == 1

    def test_give_one_code_after_the_other(self) -> None:
        terminal_id, _ = register_terminal(COUNTER, "1番窓口", city=CITY, by=1, at=AT)
        codes = at_once(*[lambda: replace_terminal(terminal_id, by=1, at=AT)] * 3)
        assert sorted(TerminalCode.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
        newest = TerminalCode.objects.get(number=4)
        assert [bytes(newest.code_hash)] == [
            code.hash() for code in codes if isinstance(code, RegistrationCode) and _is_claimed(code)
        ]

    def test_revoke_a_terminal_once(self) -> None:
        terminal_id, _ = register_terminal(COUNTER, "1番窓口", city=CITY, by=1, at=AT)
        ended = at_once(*[lambda: _revoke(terminal_id)] * 3)
        assert list_ends(ended) == ["done"] + [TerminalUnknown.code] * 2
        assert RevokedTerminal.objects.count() == 1

    def test_make_one_browser_of_one_code(self) -> None:
        _, code = register_terminal(COUNTER, "1番窓口", city=CITY, by=1, at=AT)
        ended = at_once(*[lambda: claim_terminal(code, at=AT)] * 2)
        assert sorted(type(one).__name__ for one in ended) == ["CodeUnusable", "Device"]

    def test_name_one_terminal(self) -> None:
        ended = at_once(*[lambda: register_terminal(COUNTER, "1番窓口", city=CITY, by=1, at=AT)] * 2)
        assert sum(isinstance(one, TerminalNameTaken) for one in ended) == 1
        assert StandingTerminal.objects.count() == 1

    def test_leave_no_browser_to_a_terminal_that_is_revoked_meanwhile(self) -> None:
        terminal_id, code = register_terminal(COUNTER, "1番窓口", city=CITY, by=1, at=AT)
        claimed, _ = at_once(lambda: claim_terminal(code, at=AT), lambda: _revoke(terminal_id))
        assert isinstance(claimed, CodeUnusable) or find_terminal(claimed.token, at=AT) is None  # type: ignore[union-attr]


def _revoke(terminal_id: UUID) -> None:
    revoke_terminal(terminal_id, by=1, at=AT)


def _is_claimed(code: RegistrationCode) -> bool:
    """Try to make a browser a terminal by a code; tell whether it could be."""
    try:
        claim_terminal(code, at=AT)
    except CodeUnusable:
        return False
    return True
