"""The platform's addresses: each edge room brings its own."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("mynapoint.site.urls")),
    path("office/", include("mynapoint.office.urls")),
    path("service/v1/", include("mynapoint.service_api.urls")),
]

handler404 = "mynapoint.site.pages.not_found"
handler500 = "mynapoint.site.pages.broken"
