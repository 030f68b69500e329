"""Where a server's files lie."""

import os
from pathlib import Path

import pytest

from mynapoint.console.place import COMMON_FOLDER, Owner, PlaceForbidden, find_place, is_reachable

IS_ROOT = os.geteuid() == 0
STRANGER = Owner(uid=54321, gid=54321)


class TestFindPlace:
    def test_lies_in_the_state_folder(self, open_folder: Path):
        assert find_place(open_folder).folder == open_folder / "postgres"

    def test_leaves_a_folder_that_its_user_cannot_enter(self, tmp_path: Path):
        tmp_path.chmod(0o700)
        place = find_place(tmp_path)
        assert place.folder == (COMMON_FOLDER / place.name if IS_ROOT else tmp_path / "postgres")

    def test_stays_where_the_data_already_are(self, tmp_path: Path):
        (tmp_path / "postgres" / "data").mkdir(parents=True)
        (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("18")
        tmp_path.chmod(0o700)
        assert find_place(tmp_path).folder == tmp_path / "postgres"

    def test_runs_nothing_as_root(self, open_folder: Path):
        assert find_place(open_folder).owner.uid == (65534 if IS_ROOT else os.geteuid())

    def test_differs_for_every_state_folder(self, tmp_path: Path):
        assert find_place(tmp_path / "a").name != find_place(tmp_path / "b").name

    @pytest.mark.parametrize("length", [1, 50, 150])
    def test_keeps_the_path_of_the_socket_under_a_hundred_bytes(self, open_folder: Path, length: int):
        place = find_place(open_folder / ("長" * (length // 3) + "x" * (length % 3)))
        assert len(os.fsencode(place.sockets / ".s.PGSQL.5432")) < 100

    def test_says_when_the_place_is_another_users(self, open_folder: Path):
        (open_folder / "postgres" / "data").mkdir(parents=True)
        (open_folder / "postgres").chmod(0o000)
        user = os.geteuid()
        os.seteuid(user or STRANGER.uid)
        try:
            with pytest.raises(PlaceForbidden) as refused:
                find_place(open_folder)
        finally:
            os.seteuid(user)
            (open_folder / "postgres").chmod(0o700)
        assert refused.value.folder == open_folder / "postgres"


class TestIsReachable:
    @pytest.mark.parametrize(("mode", "reachable"), [(0o755, True), (0o711, True), (0o710, False), (0o700, False)])
    def test_asks_every_folder_on_the_way(self, open_folder: Path, mode: int, reachable: bool):
        inner = open_folder / "a" / "b"
        inner.mkdir(parents=True)
        (open_folder / "a").chmod(mode)
        assert is_reachable(inner / "postgres", owner=STRANGER) is reachable

    def test_lets_the_folders_user_in(self, tmp_path: Path):
        status = tmp_path.stat()
        inner = tmp_path / "only" / "me"
        inner.mkdir(parents=True)
        assert is_reachable(inner, owner=Owner(status.st_uid, status.st_gid))

    def test_follows_links(self, open_folder: Path):
        (open_folder / "private" / "inner").mkdir(parents=True)
        (open_folder / "private").chmod(0o700)
        (open_folder / "link").symlink_to(open_folder / "private" / "inner")
        assert not is_reachable(open_folder / "link" / "postgres", owner=STRANGER)
