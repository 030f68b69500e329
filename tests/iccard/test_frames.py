"""ISO/IEC 7816-4 frames in their short form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iccard.connection import send
from iccard.frames import Command, MalformedApdu, Response
from iccard.status import OK, StatusWord, counter_status

BYTES = st.integers(0, 0xFF)
COMMANDS = st.builds(
    Command,
    cla=BYTES,
    ins=BYTES,
    p1=BYTES,
    p2=BYTES,
    data=st.binary(max_size=255),
    expected_length=st.none() | st.integers(1, 256),
)
RESPONSES = st.builds(Response, data=st.binary(max_size=256), status=st.integers(0, 0xFFFF).map(StatusWord))


class TestCommand:
    @pytest.mark.parametrize(
        ("frame", "data", "expected_length"),
        [
            pytest.param("00A40000", b"", None, id="case-1"),
            pytest.param("00B0000000", b"", 256, id="case-2-all"),
            pytest.param("00B0000010", b"", 16, id="case-2-some"),
            pytest.param("0020008002AABB", b"\xaa\xbb", None, id="case-3"),
            pytest.param("802A008002AABB00", b"\xaa\xbb", 256, id="case-4"),
        ],
    )
    def test_is_read_and_written_in_each_case(self, frame: str, data: bytes, expected_length: int | None) -> None:
        command = Command.decode(bytes.fromhex(frame))
        assert (command.data, command.expected_length) == (data, expected_length)
        assert command.encode() == bytes.fromhex(frame)

    @pytest.mark.parametrize(
        "frame",
        [
            pytest.param("", id="empty"),
            pytest.param("00A400", id="three-bytes"),
            pytest.param("00200080000000", id="extended"),
            pytest.param("0020008003AABB", id="data-too-short"),
            pytest.param("0020008001AABBCC", id="data-too-long"),
            pytest.param("00200080" + "00" * 2, id="length-zero"),
        ],
    )
    def test_refuses_contradicting_lengths(self, frame: str) -> None:
        with pytest.raises(MalformedApdu) as refused:
            Command.decode(bytes.fromhex(frame))
        assert (refused.value.frame, refused.value.length) == ("command", len(frame) // 2)

    @pytest.mark.parametrize(
        "deviation",
        [{"cla": 256}, {"p2": -1}, {"data": bytes(256)}, {"expected_length": 0}, {"expected_length": 257}],
        ids=str,
    )
    def test_cannot_hold_what_no_frame_can_say(self, deviation: dict[str, object]) -> None:
        with pytest.raises(MalformedApdu):
            Command(**{"cla": 0, "ins": 0, "p1": 0, "p2": 0, **deviation})  # type: ignore[arg-type]

    def test_keeps_its_data_out_of_its_repr(self) -> None:
        assert "1234" not in repr(Command(cla=0, ins=0x20, p1=0, p2=0x80, data=b"1234"))

    @given(COMMANDS)
    def test_survives_the_wire(self, command: Command) -> None:
        assert Command.decode(command.encode()) == command

    @settings(max_examples=500)
    @given(st.binary(max_size=300))
    def test_reads_random_bytes_or_refuses_them_by_name(self, frame: bytes) -> None:
        try:
            command = Command.decode(frame)
        except MalformedApdu:
            return
        assert command.encode() == frame


class TestResponse:
    def test_splits_data_and_status(self) -> None:
        assert Response.decode(b"\x01\x02\x90\x00") == Response(data=b"\x01\x02", status=OK)

    @pytest.mark.parametrize("frame", [b"", b"\x90", bytes(259)], ids=["empty", "half-a-status", "too-long"])
    def test_refuses_what_is_no_frame(self, frame: bytes) -> None:
        with pytest.raises(MalformedApdu):
            Response.decode(frame)

    @given(RESPONSES)
    def test_survives_the_wire(self, response: Response) -> None:
        assert Response.decode(response.encode()) == response

    @settings(max_examples=500)
    @given(st.binary(max_size=300))
    def test_reads_random_bytes_or_refuses_them_by_name(self, frame: bytes) -> None:
        try:
            response = Response.decode(frame)
        except MalformedApdu:
            return
        assert response.encode() == frame


class TestStatusWord:
    @pytest.mark.parametrize(
        ("status", "tries_left"), [(0x63C0, 0), (0x63C3, 3), (0x63CF, 15), (0x9000, None), (0x6300, None)]
    )
    def test_tells_the_tries_left(self, status: int, tries_left: int | None) -> None:
        assert StatusWord(status).tries_left == tries_left

    def test_shows_itself_as_the_standard_writes_it(self) -> None:
        assert f"{StatusWord(0x6A82)}" == "StatusWord(6A82)"

    @pytest.mark.parametrize("tries_left", range(16))
    def test_is_made_from_a_counter(self, tries_left: int) -> None:
        assert counter_status(tries_left).tries_left == tries_left

    @pytest.mark.parametrize("tries_left", [-1, 16])
    def test_has_room_for_four_bits(self, tries_left: int) -> None:
        with pytest.raises(ValueError, match="four bits"):
            counter_status(tries_left)


class TestSend:
    def test_sends_one_frame_and_reads_the_answer(self) -> None:
        class Echo:
            def transmit(self, apdu: bytes, /) -> bytes:
                return apdu + b"\x90\x00"

        assert send(Echo(), Command(cla=0, ins=0xA4, p1=4, p2=0x0C)).data == b"\x00\xa4\x04\x0c"
