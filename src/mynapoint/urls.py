"""The platform's addresses: each edge room brings its own."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("mynapoint.counter.case.display_urls")),
    path("counter/", include("mynapoint.counter.queue.hall_urls")),
    path("counter/", include("mynapoint.counter.urls")),
    path("signin/", include("mynapoint.signin.urls")),
    path("office/", include("mynapoint.office.urls")),
    path("service/v1/", include("mynapoint.service_api.urls")),
    path("", include("mynapoint.site.urls")),
]

handler400 = "mynapoint.site.shell.stops.malformed"
handler404 = "mynapoint.site.shell.stops.not_found"
handler500 = "mynapoint.site.shell.stops.broken"
