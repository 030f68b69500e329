"""Which of PostgreSQL's programs are taken."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mynapoint.console.place import find_place
from mynapoint.console.programs import (
    WHEEL,
    Programs,
    ProgramsMissing,
    ProgramsUnreadable,
    find_client_programs,
    find_programs,
    make_readable,
)


def pretend(folder: Path, *, version: int) -> Path:
    """Write a program that says it is a PostgreSQL of this version."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}.1'\n")
    (folder / "postgres").chmod(0o755)
    return folder


class TestFindPrograms:
    def test_takes_the_wheels(self):
        found = find_programs(setting=None)
        assert found.folder.parts[-3:] == (WHEEL, "pginstall", "bin")
        assert found.major == 18

    def test_takes_the_settings_before_any(self, tmp_path: Path):
        assert find_programs(setting=pretend(tmp_path, version=16)) == Programs(tmp_path, 16)

    def test_looks_no_further_than_the_setting(self, tmp_path: Path):
        with pytest.raises(ProgramsMissing) as refused:
            find_programs(setting=tmp_path)
        assert refused.value.looked_in == [tmp_path]

    def test_refuses_another_version_than_the_datas(self, tmp_path: Path):
        with pytest.raises(ProgramsMissing) as refused:
            find_programs(setting=pretend(tmp_path, version=16), major=15)
        assert refused.value.major == 15

    def test_passes_over_what_does_not_run(self, tmp_path: Path):
        (tmp_path / "postgres").write_text("no program")
        with pytest.raises(ProgramsMissing):
            find_programs(setting=tmp_path)


class TestFindClientPrograms:
    @pytest.mark.parametrize("server", [15, 16])
    def test_takes_any_as_new_as_the_server(self, tmp_path: Path, server: int):
        assert find_client_programs(setting=pretend(tmp_path, version=16), server_major=server).major == 16

    def test_refuses_older_ones(self, tmp_path: Path):
        with pytest.raises(ProgramsMissing):
            find_client_programs(setting=pretend(tmp_path, version=16), server_major=17)


class TestMakeReadable:
    def test_leaves_readable_programs_where_they_are(self, open_folder: Path):
        programs = Programs(pretend(open_folder / "bin", version=16), 16)
        assert make_readable(programs, owner=find_place(open_folder).owner) == programs

    def test_refuses_private_ones_of_which_it_does_not_know_what_belongs_to_them(self, open_folder: Path):
        programs = Programs(pretend(open_folder / "private" / "bin", version=16), 16)
        (open_folder / "private").chmod(0o000)
        with pytest.raises(ProgramsUnreadable):
            make_readable(programs, owner=find_place(open_folder).owner)
        (open_folder / "private").chmod(0o700)

    def test_copies_a_private_wheel_once_so_that_it_runs(
        self, tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
    ):
        site_packages = find_programs(setting=None).folder.parents[2]
        for part in (WHEEL, f"{WHEEL}.libs"):
            shutil.copytree(site_packages / part, tmp_path / part)
        (tmp_path / WHEEL / "pginstall" / "bin" / "postgres").chmod(0o700)
        monkeypatch.syspath_prepend(tmp_path)
        copies = open_folder / "copies"
        owner = find_place(open_folder).owner
        private = find_programs(setting=None)
        assert private.folder.is_relative_to(tmp_path)

        copied = [make_readable(private, owner=owner, copies=copies) for _ in range(2)]

        assert copied[0] == copied[1]
        assert len(list(copies.iterdir())) == 1
        change = {"user": owner.uid, "group": owner.gid, "extra_groups": []} if os.geteuid() == 0 else {}
        for program in ("postgres", "initdb", "psql"):
            subprocess.run([copied[0].path(program), "--version"], check=True, capture_output=True, cwd="/", **change)
