"""A closing that was rejected and reopened is sealed again: its attempts are counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reference", "0003_standings")]
    operations = [migrations.AddField("closing", "attempt", models.IntegerField(db_default=1))]
