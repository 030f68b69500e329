"""The addresses of a city's administration."""

from django.urls import URLPattern, URLResolver, path

from mynapoint.counter.city import counters, people

urlpatterns: list[URLPattern | URLResolver] = [
    path("city/", counters.overview, name="city"),
    path("city/people/", people.people, name="city-people"),
    path("city/new/", counters.new_counter, name="city-new"),
    path("city/counters/<slug:counter>/", counters.counter, name="city-counter"),
]
