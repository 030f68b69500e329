"""The addresses of bookings and of numbers in a counter's line."""

from django.urls import path, register_converter

from mynapoint.site.visits import booking, number, slip
from mynapoint.site.visits.addresses import ClockPart, CodePart, DayPart

register_converter(DayPart, "visit_day")
register_converter(ClockPart, "clock")
register_converter(CodePart, "code")

urlpatterns = [
    path("places/<slug:place_id>/book/", booking.days, name="book"),
    path("places/<slug:place_id>/book/<visit_day:day>/", booking.times, name="book-day"),
    path("places/<slug:place_id>/book/<visit_day:day>/<clock:clock>/", booking.slot, name="book-slot"),
    path("places/<slug:place_id>/number/<code:code>/", number.number, name="number"),
    path("visit/", booking.find, name="visit"),
    path("visit/<code:code>/", booking.booking, name="booking"),
    path("visit/<code:code>/change/", booking.change, name="change"),
    path("visit/<code:code>/change/<visit_day:day>/", booking.change_day, name="change-day"),
    path("visit/<code:code>/change/<visit_day:day>/<clock:clock>/", booking.change_slot, name="change-slot"),
    path("visit/<code:code>/cancel/", booking.give_back, name="cancel"),
    path("visit/<code:code>/slip.pdf", slip.slip, name="booking-slip"),
]
