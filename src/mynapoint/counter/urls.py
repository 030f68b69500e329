"""The addresses of the counter's pages; each chapter brings its own."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "counter"
CHAPTERS = ("case", "queue", "after", "city")
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(f"mynapoint.counter.{chapter}.urls")) for chapter in CHAPTERS
]
