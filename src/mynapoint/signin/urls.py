"""The addresses of signing in. Their names are allauth's where its own pages ask for them."""

from django.urls import path

from mynapoint.signin import factors, views
from mynapoint.signin.terminals import terminal

urlpatterns = [
    path("", views.SignIn.as_view(), name="account_login"),
    path("second/", views.SecondFactor.as_view(), name="mfa_authenticate"),
    path("passkey/", views.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("work/", views.work, name="signin_work"),
    path("end/", views.end, name="account_logout"),
    path("invitation/<str:token>/", factors.invitation, name="signin_invitation"),
    path("terminal/", terminal, name="signin_terminal"),
    path("factors/", factors.Factors.as_view(), name="mfa_index"),
    path("factors/app/", factors.AddApp.as_view(), name="mfa_activate_totp"),
    path("factors/app/remove/", factors.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("factors/passkey/", factors.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("factors/passkey/<int:pk>/remove/", factors.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("factors/codes/", factors.Codes.as_view(), name="mfa_view_recovery_codes"),
    path("factors/codes/new/", factors.NewCodes.as_view(), name="mfa_generate_recovery_codes"),
]
