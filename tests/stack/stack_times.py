"""When the tests through the stack take place."""

from datetime import datetime, timedelta, timezone

JST = timezone(timedelta(hours=9))
AT = datetime(2020, 9, 1, 10, 0, tzinfo=JST)
