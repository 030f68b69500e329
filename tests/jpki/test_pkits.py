"""NIST PKITS: 246 cases, each with a verdict, and none accepted that should not be."""

import warnings
from dataclasses import replace

import pkits
import pytest

MISLEADING = "path: signature does not match"
"""What is said of the last of two authorities of one name, when the reason lies with the other."""


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

    def test_has_a_true_reason_wherever_the_verdicts_differ(self, dispositions: list[pkits.Disposition]) -> None:
        """One written for these words, or for this case; and none is kept that is needed no more."""
        differing = [one for one in dispositions if not one.is_expected]
        assert all(one.reason for one in differing)
        assert {one.case.number.rpartition(".")[0] for one in differing if not one.case.is_valid} == set(pkits.LAXER)
        stricter = [one for one in differing if one.case.is_valid]
        by_case = {one.case.number for one in stricter if one.path == MISLEADING}
        assert by_case == set(pkits.STRICTER_IN_CASE)
        assert {one.path for one in stricter} - {MISLEADING} == set(pkits.STRICTER)

    def test_has_no_reason_for_words_that_nobody_thought_about(self, dispositions: list[pkits.Disposition]) -> None:
        valid = next(one for one in dispositions if one.case.number == "4.1.1")
        with pytest.raises(KeyError):
            assert replace(valid, path="path: something new").reason

    def test_stands_in_the_documentation_as_it_comes_out(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert pkits.render() == pkits.PAGE.read_text(), "renew it: python tests/jpki/pkits.py"
