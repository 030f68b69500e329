"""NIST PKITS: 246 cases, each with a verdict, and none accepted that should not be."""

import warnings

import pkits
import pytest


@pytest.fixture(scope="module")
def dispositions() -> list[pkits.Disposition]:
    with warnings.catch_warnings():
        # The suite's certificates are of 2010: serials and encodings that later rules ask to be warned of.
        warnings.simplefilter("ignore")
        return list(pkits.judge_all())


class TestPkits:
    def test_has_all_its_cases(self, dispositions: list[pkits.Disposition]) -> None:
        assert len(dispositions) == 246

    def test_has_no_case_that_is_taken_for_a_holder_s_certificate(self, dispositions: list[pkits.Disposition]) -> None:
        assert [one.case.name for one in dispositions if one.holder == pkits.ACCEPTED] == []

    def test_is_accepted_falsely_by_the_engine_for_policies_only(self, dispositions: list[pkits.Disposition]) -> None:
        false = [one for one in dispositions if one.path == pkits.ACCEPTED and not one.case.is_valid]
        assert {one.case.number.rsplit(".", 1)[0] for one in false} == {"4.8"}

    def test_has_a_reason_wherever_the_verdicts_differ(self, dispositions: list[pkits.Disposition]) -> None:
        for one in dispositions:
            assert bool(one.reason) == ((one.path == pkits.ACCEPTED) != one.case.is_valid)

    def test_stands_in_the_documentation_as_it_comes_out(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert pkits.render() == pkits.PAGE.read_text(), "renew it: python tests/jpki/pkits.py"
