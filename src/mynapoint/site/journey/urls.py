"""The addresses of the journey: the ways to a reservation and an application, the act, and its receipt."""

from django.urls import path, register_converter

from mynapoint.site.journey import act, check, preparation, receipts, steps, ways
from mynapoint.site.journey.addresses import DraftPart, StepPart, WayPart

register_converter(WayPart, "way")
register_converter(DraftPart, "draft")
register_converter(StepPart, "step")

urlpatterns = [
    path("reserve/", ways.reserve, name="reserve"),
    path("apply/", ways.apply, name="apply"),
    path("apply/with/<slug:service_id>/", ways.apply, name="apply-service"),
    path("<way:way>/<draft:draft>/", ways.resume, name="draft"),
    path("<way:way>/<draft:draft>/<step:step>/", steps.step, name="step"),
    path("<way:way>/<draft:draft>/check/", check.check, name="answers"),
    path("<way:way>/<draft:draft>/counter/", preparation.sheet, name="sheet"),
    path("<way:way>/<draft:draft>/counter.pdf", preparation.sheet_pdf, name="sheet-pdf"),
    path("act/<str:token>/", act.act, name="act"),
    path("act/<str:token>/phone/", act.phone, name="act-phone"),
    path("act/<str:token>/receipts/<uuid:number>.pdf", receipts.pdf, name="receipt-pdf"),
    path("receipts/", receipts.find, name="receipts"),
    path("receipts/<uuid:number>/", receipts.receipt, name="receipt"),
]
