"""The addresses of the office's pages."""

from django.urls import path, re_path

from mynapoint.office import closings, corrections, entrance, holds, money, views

app_name = "office"
urlpatterns = [
    path("", views.start, name="start"),
    path("entrance/", entrance.entrance, name="entrance"),
    path("holds/", holds.hold_list, name="holds"),
    path("holds/<uuid:hold_id>/", holds.hold, name="hold"),
    path("corrections/", corrections.correction_list, name="corrections"),
    path("corrections/<uuid:correction_id>/", corrections.correction, name="correction"),
    path("<slug:programme_id>/", views.programme, name="programme"),
    path("<slug:programme_id>/closings/", closings.closing_list, name="closings"),
    path("<slug:programme_id>/closings/<slug:service_id>/<str:period_id>/", closings.closing, name="closing"),
    path("<slug:programme_id>/claims/", money.claim_list, name="claims"),
    path("<slug:programme_id>/claims/<slug:service_id>/<int:number>/", money.claim, name="claim"),
    path("<slug:programme_id>/transfers/", money.transfer_list, name="transfers"),
    path("<slug:programme_id>/transfers/<uuid:transfer_id>/file", money.transfer_file, name="transfer-file"),
    re_path(".*/$", views.unknown, name="unknown"),
]
