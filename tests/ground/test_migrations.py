"""Every model's table is what its migrations make of it."""

import pytest
from django.core.management import call_command


class TestMigrations:
    @pytest.mark.django_db
    def test_leave_nothing_of_the_models_out(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("makemigrations", check=True, dry_run=True)
        assert "No changes detected" in capsys.readouterr().out
