"""Links can be held, resumed and stopped; a stopped one no longer takes its account's place."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reference", "0002_append_only_ledgers")]
    operations = [
        migrations.AddField(
            "link",
            "standing",
            models.CharField(
                choices=[("linked", "ポイントの対象"), ("held", "確認のため一時停止中"), ("stopped", "終了")],
                db_default="linked",
                max_length=7,
            ),
        ),
        migrations.AddField("link", "order_number", models.IntegerField(db_default=0)),
        migrations.AddField("link", "stands_since", models.DateTimeField(null=True)),
        migrations.RemoveConstraint("link", "one_link_per_programme_and_account"),
        migrations.AddConstraint(
            "link",
            models.UniqueConstraint(
                condition=models.Q(("standing", "stopped"), _negated=True),
                fields=("programme", "owner"),
                name="one_link_per_programme_and_account",
            ),
        ),
    ]
