"""The addresses of the citizens' site: its pages in three languages, and what programs ask of it."""

from django.urls import URLPattern, URLResolver, include, path

from mynapoint.site import records, robots
from mynapoint.site.journey import act, card
from mynapoint.site.shell.languages import NAMESPACES, PREFIXES
from mynapoint.site.shell.machine import for_programs

# What is asked most first.
CHAPTERS = ("journey", "start", "guide", "services", "places", "visits", "flyer", "mine", "waiting")
PAGES: list[URLPattern | URLResolver] = [path("", include(f"mynapoint.site.{chapter}.urls")) for chapter in CHAPTERS]

# No person reads these, so they have one address whatever the language.
MACHINE: list[URLPattern | URLResolver] = [
    path("robots.txt", robots.robots, name="robots"),
    path("act/<str:token>", act.link, name="act-link"),
    path("act/<str:token>/statement", for_programs(card.statement), name="statement"),
    path("act/<str:token>/signature", for_programs(card.signature), name="signature"),
    path("journal/checkpoint", for_programs(records.checkpoint), name="checkpoint"),
    path("journal/key", for_programs(records.key), name="journal-key"),
    path("journal/consistency/<int:old>/<int:new>", for_programs(records.consistency), name="consistency"),
    path("journal/entries/<uuid:entry_id>", for_programs(records.entry), name="entry"),
    path(
        "closings/<slug:programme_id>/<slug:service_id>/<str:period_id>", for_programs(records.closing), name="closing"
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((MACHINE, "machine"))),
    *(path(prefix, include((PAGES, "site"), namespace=NAMESPACES[language])) for language, prefix in PREFIXES.items()),
]
