from django.db import migrations, models

from mynapoint.kernel.integrity import NamePrimaryKey


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SeenNonce",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "nonce", "key_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("nonce", models.CharField(max_length=22)),
                ("key_id", models.CharField(max_length=60)),
                ("seen_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["seen_at"], name="seennonce_by_time")],
            },
        ),
        NamePrimaryKey("service_api_seennonce", "nonce_used_once"),
    ]
