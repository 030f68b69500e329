"""The addresses of a case's pages."""

from django.urls import URLPattern, URLResolver, path

from mynapoint.counter.case import papers, setup, work

urlpatterns: list[URLPattern | URLResolver] = [
    path("", work.start, name="desk"),
    path("terminal/", setup.terminal, name="terminal"),
    path("extension/", setup.extend, name="extension"),
    path("cases/", work.begin_case, name="begin-case"),
    path("cases/<uuid:case_id>/", work.case, name="case"),
    path("cases/<uuid:case_id>/state", work.state, name="case-state"),
    path("cases/<uuid:case_id>/act/", work.begin_act, name="begin-act"),
    path("cases/<uuid:case_id>/continue/", work.go_on, name="continue"),
    path("cases/<uuid:case_id>/lack/", work.lack, name="lack"),
    path("cases/<uuid:case_id>/finish/", work.finish, name="finish"),
    path("cases/<uuid:case_id>/pause/", papers.pause, name="pause"),
    path("slips/", papers.slips, name="slips"),
    path("slips/<uuid:case_id>/", papers.slip, name="slip"),
    path("cases/<uuid:case_id>/receipt.pdf", papers.receipt, name="receipt"),
]
