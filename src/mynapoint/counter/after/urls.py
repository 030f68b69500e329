"""The addresses of what comes after the counter."""

from django.urls import URLPattern, URLResolver, path, register_converter

from mynapoint.counter.after import correcting, looking_back, reports
from mynapoint.counter.after.days import DayConverter, MonthConverter

register_converter(DayConverter, "day")
register_converter(MonthConverter, "month")

urlpatterns: list[URLPattern | URLResolver] = [
    path("after/", looking_back.choose, name="after"),
    path("after/corrections/", correcting.report_correction, name="after-corrections"),
    path("after/<slug:counter>/<day:day>/", looking_back.day, name="after-day"),
    path("after/<slug:counter>/<day:day>/tally.<str:form>", reports.day_file, name="after-day-file"),
    path("after/<slug:counter>/<month:first>/", looking_back.month, name="after-month"),
    path("after/<slug:counter>/<month:first>/report.<str:form>", reports.month_file, name="after-month-file"),
]
