"""The addresses of the citizen's display, the same in every language, and the card program's, which has none."""

from django.urls import URLPattern, URLResolver, include, path

from mynapoint.counter.case import answering, display, reports
from mynapoint.site.shell.languages import NAMESPACES, PREFIXES
from mynapoint.site.shell.machine import for_programs

PAGES: list[URLPattern | URLResolver] = [
    path("<str:token>/", display.display, name="display"),
    path("<str:token>/state", display.state, name="state"),
    path("<str:token>/continue/", display.go_on, name="continue"),
    path("<str:token>/check/", answering.check, name="check"),
    path("<str:token>/<slug:step>/", answering.step, name="step"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("counter/card/<str:token>", for_programs(reports.report), name="card-report"),
    *(
        path(
            f"{prefix}counter/display/",
            include((PAGES, "display"), namespace=NAMESPACES[language].replace("site", "display")),
        )
        for language, prefix in PREFIXES.items()
    ),
]
