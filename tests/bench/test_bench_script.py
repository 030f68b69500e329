"""The pgbench script: what is kept of a captured application, and what becomes a key."""

from bench.captured import FETCH, FINISH, Statement, Transaction
from bench.script import Script

HANAKO, TARO = "01a206dd-989a-73a3-9a67-dfc551a6bee4", "01a206dd-989a-73a3-9a67-dfc7d0f30a91"
HASH, OTHER_HASH = r"\x" + "ab" * 32, r"\x" + "cd" * 32


def work(holder: str, hashed: str, *, job: str = "3") -> list[Transaction]:
    return [
        (Statement('SELECT 1 FROM h WHERE hash = $1 AND "programme" = $2', (hashed, "mynapoint-2020")),),
        (
            Statement("BEGIN"),
            Statement("INSERT INTO c VALUES ($1, $2, $3, $4)", (holder, hashed, None, f'it\'s {{"a":"{holder}"}}')),
            Statement("COMMIT"),
        ),
        (Statement(f"SELECT id FROM {FETCH}_v2($1::varchar[], $2)", ("{links}", "1")),),
        (Statement(f"SELECT {FINISH}_v1($1, $2, $3)", (job, "succeeded", "t")),),
    ]


class TestScript:
    def test_keeps_statements_and_transactions_in_their_order(self) -> None:
        lines = Script(work(HANAKO, HASH), work(TARO, OTHER_HASH)).text.splitlines()
        assert [line.split()[0].rstrip(";") for line in lines] == (
            ["\\set", "\\set", "SELECT", "BEGIN", "INSERT", "COMMIT", "SELECT", "SELECT"]
        )

    def test_makes_a_key_of_what_differs_between_applicants_the_same_one_everywhere(self) -> None:
        script = Script(work(HANAKO, HASH), work(TARO, OTHER_HASH))
        assert set(script.keys) == {HANAKO, HASH}
        assert script.text.count(script.key(HASH, number=":key")) == 2
        assert script.key(HANAKO, number=":key") != script.key(HASH, number=":key")
        assert "programme\" = E'mynapoint-2020'" in script.text

    def test_leaves_nothing_of_the_texts_that_pgbench_would_take_for_a_variable(self) -> None:
        insert = Script(work(HANAKO, HASH), work(TARO, OTHER_HASH)).text.splitlines()[4]
        assert insert.endswith(rf", NULL, E'it''s {{\"a\"\x3a\"{HANAKO}\"}}');".replace('\\"', '"'))

    def test_finishes_the_job_that_it_fetched(self) -> None:
        fetch, finish = Script(work(HANAKO, HASH), work(TARO, OTHER_HASH, job="4")).text.splitlines()[-2:]
        assert fetch.endswith("(E'{links}'::varchar[], :worker_id) \\gset job_")
        assert ":job_id" in finish
