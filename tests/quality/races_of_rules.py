"""Every unique rule of the database with the test in which several at once want to break it."""

from typing import Final

BY_CHANCE: Final = {
    "each_correction_once",
    "one_booking_per_code",
    "one_entry_per_id",
    "one_number_per_slip",
    "one_wait_per_entry",
}
"""Ids and codes that are drawn: who meets one a second time has met a bug, and nobody can race for it."""

_ACT: Final = "act/test_act.py:TestSubmitAtOnce.test_does_an_act_once_however_many_hand_in_the_signature"
_ANSWER: Final = (
    "application/test_application.py:TestApplyAtOnce.test_records_one_answer_of_a_service_however_many_jobs_ask"
)
_CASE: Final = "case/test_case_races.py:TestOpenCaseAtOnce.test_opens_one_case_for_a_double_click"
_DECISION: Final = "correction/test_correction_races.py:TestAtOnce.test_second_people_decide_once_and_it_is_undone_once"
_GRACE: Final = "visits/test_grace.py:TestAtOnce.test_one_number_gets_one_ticket"
_MOVE: Final = "visits/test_booking.py:TestAtOnce.test_one_booking_is_moved_or_cancelled_never_both"
_NUMBER: Final = "visits/test_queue.py:TestAtOnce.test_everybody_gets_a_number_of_their_own"
_ROLL: Final = "closing/test_closing_races.py:TestOneRollPerPeriod.test_is_the_same_for_all_who_ask_first"
_SEQUENCE: Final = "journal/test_journal_races.py:TestSequencers.test_at_once_give_every_entry_one_place"
_VERDICT: Final = "closing/test_closing_races.py:TestOneVerdictPerAttempt.test_is_the_same_for_all_who_open_at_once"

RACES: Final = {
    "each_case_lives_once": _CASE,
    "each_member_checks_once": (
        "visits/test_pinreset.py:TestAtOnce.test_one_member_checks_once_however_often_they_click"
    ),
    "each_state_once": _ANSWER,
    "each_turn_once": "correction/test_correction_races.py:TestAtOnce.test_people_freeze_once",
    "nonce_used_once": "service_api/test_service_api_robustness.py:TestNonceUsedOnce.test_lets_one_of_many_pass",
    "one_acceptance_per_number": (
        "closing/test_closing_races.py:TestOneAcceptancePerNumber"
        ".test_numbers_two_periods_in_their_order_or_refuses_the_earlier_one"
    ),
    "one_acceptance_per_period": _VERDICT,
    "one_admission_after_another": "entrance/test_entrance.py:TestRaces.test_let_one_of_two_change_the_admission",
    "one_announcement_after_another": (
        "entrance/test_entrance.py:TestRaces.test_announce_one_maintenance_after_the_other"
    ),
    "one_answer_per_act": _ACT,
    "one_answer_per_application": _ANSWER,
    "one_approval_per_person": "settlement/test_settlement.py:TestRaces.test_let_one_person_approve_once",
    "one_approval_per_slot": "settlement/test_settlement.py:TestRaces.test_let_two_of_three_people_approve",
    "one_beginning_per_ticket": "entrance/test_entrance.py:TestRaces.test_let_one_of_many_begin_with_a_ticket",
    "one_booking_per_seat": "visits/test_booking.py:TestAtOnce.test_the_last_place_has_one_winner",
    "one_case_per_name": _CASE,
    "one_case_per_number": "case/test_case_races.py:TestOpenCaseAtOnce.test_numbers_the_cases_of_two_terminals_apart",
    "one_case_per_terminal": "case/test_case_races.py:TestOpenCaseAtOnce.test_leaves_one_case_open_at_a_terminal",
    "one_change_per_text": "counter/test_city.py:TestTwoAtOnce.test_leave_one_change",
    "one_check_per_slot": "visits/test_pinreset.py:TestAtOnce.test_three_members_make_one_order",
    "one_checkpoint_per_size": "journal/test_journal_races.py:TestSequencers.test_at_once_sign_one_first_checkpoint",
    "one_choice_per_holder": (
        "application/test_application.py:TestApplyAtOnce.test_lets_one_person_choose_one_service"
    ),
    "one_city_per_member": "staff/test_staff.py:TestRaces.test_let_a_user_work_for_one_city",
    "one_claim_per_acceptance": "settlement/test_settlement.py:TestRaces.test_raise_each_claim_once",
    "one_closing_per_attempt": "closing/test_closing_races.py:TestOneClosingPerAttempt.test_takes_one_of_two_totals",
    "one_code_per_number": "staff/test_staff.py:TestRaces.test_give_one_code_after_the_other",
    "one_correction_per_number": "correction/test_correction_races.py:TestAtOnce.test_reports_leave_one_correction",
    "one_correction_step_at_a_time": (
        "correction/test_correction_races.py:TestAtOnce.test_pieces_of_evidence_are_all_kept"
    ),
    "one_device_per_code": "staff/test_staff.py:TestRaces.test_make_one_browser_of_one_code",
    "one_end_at_an_instant": "staff/test_staff.py:TestRaces.test_end_a_post_once",
    "one_end_per_reset": "visits/test_pinreset.py:TestAtOnce.test_two_terminals_use_one_order_once",
    "one_extension_per_number": (
        "case/test_case_races.py:TestExtendCounterAtOnce"
        ".test_keeps_the_word_of_each_supervisor_or_tells_that_it_is_said"
    ),
    "one_fact_at_a_time": (
        "case/test_case_races.py:TestReportCardAtOnce.test_takes_one_of_two_cards_and_ends_the_case_for_the_other"
    ),
    "one_following_per_invitation": "signin/test_sign_in.py:TestRaces.test_follow_an_invitation_once",
    "one_grace_per_number": _GRACE,
    "one_hash_per_subtree": _SEQUENCE,
    "one_hold_per_number": "holder/test_review.py:TestAtOnce.test_many_acts_open_one_hold",
    "one_holder_per_certificate": (
        "holder/test_holder.py:TestIdentifyAtOnce.test_makes_one_person_of_an_old_and_a_new_certificate"
    ),
    "one_holder_per_mykey_id": (
        "reservation/test_reservation.py:TestIssueMykeyIdAtOnce.test_draws_again_when_somebody_else_was_given_the_same"
    ),
    "one_invitation_per_number": "signin/test_sign_in.py:TestRaces.test_leave_one_invitation_of_two",
    "one_membership_per_number": "staff/test_staff.py:TestRaces.test_give_one_post_once",
    "one_note_per_service_and_minute": "site/test_condition.py:TestSilencesAtOnce.test_are_one_note_a_minute",
    "one_objection_per_reason": "application/test_application.py:TestTwoObjectionsAtOnce.test_leave_one",
    "one_outcome_per_hold": "holder/test_review.py:TestAtOnce.test_one_of_two_answers_counts",
    "one_person_per_account": (
        "application/test_application.py:TestApplyAtOnce.test_lets_one_account_serve_one_person"
    ),
    "one_person_per_number": _NUMBER,
    "one_place_per_entry": _SEQUENCE,
    "one_reopening_per_attempt": (
        "closing/test_closing_races.py:TestOneReopeningPerAttempt.test_lets_one_of_two_office_users_through"
    ),
    "one_reservation_per_holder": (
        "reservation/test_reservation.py:TestReserveAtOnce.test_gives_one_person_one_id_however_many_acts_are_signed"
    ),
    "one_reset_per_name": "visits/test_pinreset.py:TestAtOnce.test_one_reset_is_opened_however_often_they_click",
    "one_reset_per_number": "visits/test_pinreset.py:TestAtOnce.test_resets_are_numbered_apart",
    "one_revocation_per_terminal": "staff/test_staff.py:TestRaces.test_revoke_a_terminal_once",
    "one_roll_per_period": _ROLL,
    "one_row_per_shard": (
        "programme/test_programme_register.py:TestLoadAtOnce.test_takes_one_text_once_and_makes_its_shards_once"
    ),
    "one_run_per_part": _ROLL,
    "one_seat_per_booking": _MOVE,
    "one_second_choice_per_application": _DECISION,
    "one_signature_per_act": _ACT,
    "one_step_at_a_time": _MOVE,
    "one_step_per_person": "holder/test_review.py:TestAtOnce.test_one_person_answers_once",
    "one_step_per_slot": "holder/test_review.py:TestAtOnce.test_two_people_propose_one_decision",
    "one_terminal_per_name": "staff/test_staff.py:TestRaces.test_name_one_terminal",
    "one_text_per_place_and_instant": (
        "place/test_place_operations.py:TestLoadAtOnce.test_takes_one_of_two_texts_for_one_instant"
    ),
    "one_text_per_programme_and_instant": (
        "programme/test_programme_register.py:TestLoadAtOnce.test_takes_one_of_two_texts_for_one_instant"
    ),
    "one_text_per_service_and_instant": (
        "directory/test_directory.py:TestRegisterAtOnce.test_takes_one_of_two_texts_for_one_instant"
    ),
    "one_thing_at_a_time_in_line": "visits/test_queue.py:TestAtOnce.test_two_terminals_never_call_the_same_number",
    "one_ticket_per_case": "visits/test_grace.py:TestAtOnce.test_one_case_goes_by_one_ticket",
    "one_ticket_per_code": _GRACE,
    "one_transfer_per_claim": "settlement/test_settlement.py:TestRaces.test_put_a_claim_into_one_file",
    "one_use_per_code": "signin/test_sign_in.py:TestRaces.test_take_a_code_once",
    "one_use_per_ticket": "visits/test_grace.py:TestAtOnce.test_one_ticket_lets_one_of_two_people_in",
    "one_verdict_per_attempt": _VERDICT,
    "told_and_reminded_once": "correction/test_correction_races.py:TestAtOnce.test_workers_remind_once",
    "two_people_decide": _DECISION,
}
"""The test, below `tests`; two rules share one where the same two calls meet both."""
