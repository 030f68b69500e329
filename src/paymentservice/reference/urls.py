"""The addresses of the service: the signed side, and the sample wallet pages."""

import re
from urllib.parse import urlsplit

from django.urls import path, re_path

from paymentservice.reference import endpoints, pages
from paymentservice.reference.configured import get_config

_BASE = re.escape(f"{urlsplit(get_config().service.base_url).path}/".removeprefix("/"))

handler404 = pages.show_unknown
urlpatterns = [
    path("wallet/<str:wallet_key>/", pages.show_wallet, name="wallet"),
    path("wallet/<str:wallet_key>/charge", pages.charge_wallet, name="charge"),
    path("wallet/<str:wallet_key>/buy", pages.buy_in_shop, name="buy"),
    path("wallet/<str:wallet_key>/spend", pages.spend_points, name="spend"),
    path("wallet/<str:wallet_key>/codes", pages.renew_codes, name="codes"),
    path("wallet/<str:wallet_key>/receipts/<str:programme>/<str:period>", pages.download_receipt, name="receipt"),
    re_path(rf"^{_BASE}(?P<path>.*)$", endpoints.answer_signed),
    # Whatever else is asked is refused like any unsigned request.
    re_path(r"^", endpoints.answer_signed),
]
