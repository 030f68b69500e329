"""The addresses of a counter's hall, where nobody signs in: the board on the wall, and the entrance's numbers."""

from django.urls import URLPattern, URLResolver, path

from mynapoint.counter.queue import board
from mynapoint.site.visits.addresses import CODE

app_name = "hall"
urlpatterns: list[URLPattern | URLResolver] = [
    path("board/<slug:counter_id>/", board.board, name="board"),
    path("entrance/", board.entrance, name="entrance"),
    path(f"entrance/<{CODE}:code>/", board.slip, name="slip"),
    path(f"entrance/<{CODE}:code>/slip.pdf", board.slip_pdf, name="slip-pdf"),
]
