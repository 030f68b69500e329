"""The addresses of the line, grace tickets, PIN resets and come-again slips, for staff."""

from django.urls import URLPattern, URLResolver, path

from mynapoint.counter.queue import again, pins, tickets, work

urlpatterns: list[URLPattern | URLResolver] = [
    path("line/", work.line, name="line"),
    path("line/next/", work.next_number, name="next-number"),
    path("line/call/", work.one_number, name="call-number"),
    path("line/absent/", work.absent, name="absent"),
    path("line/tickets/", tickets.tickets, name="tickets"),
    path("pins/", pins.resets, name="pins"),
    path("pins/<uuid:reset_id>/", pins.reset, name="pin"),
    path("pins/<uuid:reset_id>/check/", pins.check, name="pin-check"),
    path("pins/<uuid:reset_id>/end/", pins.end, name="pin-end"),
    path("again/", again.again, name="again"),
    path("again.pdf", again.again_pdf, name="again-pdf"),
]
