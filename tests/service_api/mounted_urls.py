"""The service API where the platform mounts it."""

from django.urls import include, path

urlpatterns = [path("service/v1/", include("mynapoint.service_api.urls"))]
