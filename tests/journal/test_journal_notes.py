import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from mynapoint.journal.notes import (
    CheckpointText,
    NoteRefused,
    OriginUnusable,
    key_id,
    open_checkpoint,
    open_note,
    sign_checkpoint,
    sign_note,
    verifier_key,
)

# The key pair and the note in the documentation and tests of golang.org/x/mod/sumdb/note, which signed-note comes from.
NAME = "PeterNeumann"
VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SIGNER = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
NOTE = f"{TEXT}\n— PeterNeumann {SIGNATURE}\n"
MISSHAPEN = ["", "\n\n", TEXT, NOTE[:-1], NOTE + "\n", NOTE + "x\n", NOTE.replace("\n", "\r\n")]
KEY = Ed25519PrivateKey.from_private_bytes(base64.b64decode(SIGNER)[1:])
PUBLIC = Ed25519PublicKey.from_public_bytes(base64.b64decode(VERIFIER.rsplit("+", 1)[1])[1:])
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
ORIGIN = "mynapoint.example/journal"
CHECKPOINT = CheckpointText(origin=ORIGIN, size=20852163, root=bytes(range(32)))


class TestNote:
    def test_has_the_published_key_id_and_verifier_key(self) -> None:
        assert key_id(NAME, PUBLIC).hex() == "c74f20a3"
        assert verifier_key(NAME, PUBLIC) == VERIFIER

    def test_is_signed_to_the_published_byte(self) -> None:
        assert sign_note(TEXT, name=NAME, key=KEY) == NOTE

    def test_is_opened(self) -> None:
        assert open_note(NOTE, name=NAME, key=PUBLIC) == TEXT

    def test_may_carry_signatures_of_others(self) -> None:
        for line in sign_note(TEXT, name="witness.example", key=OTHER).splitlines()[-1:]:
            assert open_note(f"{NOTE}{line}\n", name=NAME, key=PUBLIC) == TEXT

    def test_of_another_key_or_name_is_refused(self) -> None:
        for name, key in ((NAME, OTHER.public_key()), ("Peter", PUBLIC)):
            with pytest.raises(NoteRefused):
                open_note(NOTE, name=name, key=key)

    def test_with_a_right_and_a_wrong_signature_of_the_key_is_refused(self) -> None:
        forged = base64.b64encode(key_id(NAME, PUBLIC) + bytes(64)).decode()
        with pytest.raises(NoteRefused):
            open_note(f"{NOTE}— {NAME} {forged}\n", name=NAME, key=PUBLIC)

    def test_with_any_byte_changed_is_refused(self) -> None:
        for place, character in enumerate(NOTE):
            changed = NOTE[:place] + ("x" if character != "x" else "y") + NOTE[place + 1 :]
            with pytest.raises(NoteRefused):
                open_note(changed, name=NAME, key=PUBLIC)

    @pytest.mark.parametrize("note", MISSHAPEN)
    def test_of_another_shape_is_refused(self, note: str) -> None:
        with pytest.raises(NoteRefused):
            open_note(note, name=NAME, key=PUBLIC)

    @pytest.mark.parametrize("name", ["", "two words", "plus+sign", "line\nbreak", "wide\u3000space"])
    def test_cannot_be_signed_under_a_name_that_breaks_its_line(self, name: str) -> None:
        with pytest.raises(OriginUnusable):
            sign_note(TEXT, name=name, key=KEY)

    @given(note=st.text(max_size=200) | st.text(max_size=50).map(lambda text: f"{text}\n\n— PeterNeumann {text}\n"))
    @settings(max_examples=1000)
    def test_of_random_text_is_refused_by_name(self, note: str) -> None:
        with pytest.raises(NoteRefused):
            open_note(note, name=NAME, key=PUBLIC)


class TestCheckpointNote:
    def test_has_origin_size_and_root_on_its_three_lines(self) -> None:
        note = sign_checkpoint(CHECKPOINT, key=KEY)
        root = base64.b64encode(bytes(range(32))).decode()
        assert note.split("\n")[:4] == [ORIGIN, "20852163", root, ""]
        assert note.split("\n")[4].startswith(f"— {ORIGIN} ")
        assert open_checkpoint(note, origin=ORIGIN, key=PUBLIC) == CHECKPOINT

    @pytest.mark.parametrize(
        "text",
        [
            f"other.example/journal\n3\n{base64.b64encode(bytes(32)).decode()}\n",
            f"{ORIGIN}\n03\n{base64.b64encode(bytes(32)).decode()}\n",
            f"{ORIGIN}\n-3\n{base64.b64encode(bytes(32)).decode()}\n",
            f"{ORIGIN}\n３\n{base64.b64encode(bytes(32)).decode()}\n",
            f"{ORIGIN}\n3\n{base64.b64encode(bytes(31)).decode()}\n",
            f"{ORIGIN}\n3\n{base64.b64encode(bytes(32)).decode()[:-1]}\n",
            f"{ORIGIN}\n3\nnot base64\n",
            f"{ORIGIN}\n3\n",
            f"{ORIGIN}\n3\n{base64.b64encode(bytes(32)).decode()}\nextension\n",
        ],
    )
    def test_is_refused_when_it_states_anything_else_even_signed(self, text: str) -> None:
        with pytest.raises(NoteRefused):
            open_checkpoint(sign_note(text, name=ORIGIN, key=KEY), origin=ORIGIN, key=PUBLIC)
