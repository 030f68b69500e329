"""The addresses of bookings and of numbers in a counter's line."""

from django.urls import path

from mynapoint.site.visits import booking, number, slip
from mynapoint.site.visits.addresses import CLOCK, CODE, DAY

urlpatterns = [
    path("places/<slug:place_id>/book/", booking.days, name="book"),
    path(f"places/<slug:place_id>/book/<{DAY}:day>/", booking.times, name="book-day"),
    path(f"places/<slug:place_id>/book/<{DAY}:day>/<{CLOCK}:clock>/", booking.slot, name="book-slot"),
    path(f"places/<slug:place_id>/number/<{CODE}:code>/", number.number, name="number"),
    path("visit/", booking.find, name="visit"),
    path(f"visit/<{CODE}:code>/", booking.booking, name="booking"),
    path(f"visit/<{CODE}:code>/change/", booking.change, name="change"),
    path(f"visit/<{CODE}:code>/change/<{DAY}:day>/", booking.change_day, name="change-day"),
    path(f"visit/<{CODE}:code>/change/<{DAY}:day>/<{CLOCK}:clock>/", booking.change_slot, name="change-slot"),
    path(f"visit/<{CODE}:code>/cancel/", booking.give_back, name="cancel"),
    path(f"visit/<{CODE}:code>/slip.pdf", slip.slip, name="booking-slip"),
]
