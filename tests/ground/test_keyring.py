"""Secrets are made once, and only their owner may read them."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from mynapoint.keyring import MAY_FOUND, Keyring, KeyUnreadable, SecretsFolderNotPrivate


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "state" / "secrets")


class TestKeyring:
    def test_gives_the_same_secret_for_ever(self, keys: Keyring):
        assert keys.secret("holder") == keys.secret("holder") == Keyring(keys.folder).secret("holder")
        assert len(keys.secret("holder")) == 32

    def test_gives_every_name_its_own(self, keys: Keyring):
        assert len({keys.secret(name) for name in ("holder", "account", "journal_seal")}) == 3

    def test_gives_the_same_signing_key_for_ever(self, keys: Keyring):
        raw = [keys.signing_key("journal").private_bytes_raw() for _ in range(2)]
        assert raw[0] == raw[1]

    def test_gives_text_that_needs_no_quoting(self, keys: Keyring):
        assert keys.text("database").replace("-", "").replace("_", "").isalnum()

    def test_keeps_them_for_their_owner(self, keys: Keyring):
        keys.secret("holder")
        keys.signing_key("journal")
        assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in keys.folder.iterdir()} == {0o600}

    def test_agrees_when_many_ask_for_the_first_time_at_once(self, keys: Keyring):
        start = Barrier(16)

        def ask(number: int) -> bytes:
            start.wait()
            key = Keyring(keys.folder)
            return key.secret("holder") + key.signing_key("journal").private_bytes_raw()

        with ThreadPoolExecutor(16) as pool:
            assert len(set(pool.map(ask, range(16)))) == 1
        assert sorted(file.name for file in keys.folder.iterdir()) == ["holder.key", "journal.pem"]

    def test_makes_up_what_is_missing_where_nothing_may_be_founded(self, keys: Keyring):
        made = keys.secret("holder")
        before = MAY_FOUND.set(False)
        try:
            assert keys.secret("holder") == made
            assert keys.secret("account") != keys.secret("account")
            assert keys.signing_key("journal") is not None
        finally:
            MAY_FOUND.reset(before)
        assert keys.made_up == ["account.key", "account.key", "journal.pem"]
        assert [file.name for file in keys.folder.iterdir()] == ["holder.key"]

    def test_puts_no_secret_where_others_may_look(self, keys: Keyring):
        keys.folder.mkdir(parents=True)
        keys.folder.chmod(0o750)
        with pytest.raises(SecretsFolderNotPrivate):
            keys.secret("holder")
        assert list(keys.folder.iterdir()) == []

    def test_takes_a_named_file_instead(self, keys: Keyring, tmp_path: Path):
        (tmp_path / "given").write_bytes(b"k" * 32)
        assert keys.secret("holder", file=tmp_path / "given") == b"k" * 32
        assert not keys.folder.exists()

    @pytest.mark.parametrize("content", [b"", b"k" * 31, b"k" * 33])
    def test_refuses_a_secret_of_another_length(self, keys: Keyring, tmp_path: Path, content: bytes):
        (tmp_path / "given").write_bytes(content)
        with pytest.raises(KeyUnreadable):
            keys.secret("holder", file=tmp_path / "given")

    def test_never_makes_a_named_file(self, keys: Keyring, tmp_path: Path):
        with pytest.raises(KeyUnreadable):
            keys.signing_key("journal", file=tmp_path / "gone")
        assert not (tmp_path / "gone").exists()
