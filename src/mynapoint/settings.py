"""What Django makes of what an operator sets (:mod:`mynapoint.environment`)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from mynapoint.console.database import describe_database
from mynapoint.console.place import PlaceForbidden
from mynapoint.entrance.rules import Limits
from mynapoint.environment import PREFIX, load_environment
from mynapoint.keyring import Keyring, KeyUnreadable, SecretsFolderNotPrivate
from mynapoint.setting_kinds import UnusableSetting
from paymentservice.clock import get_clock

Key = TypeVar("Key")

ENVIRONMENT = load_environment()
_keys = Keyring(ENVIRONMENT.state_dir / "secrets")


def _read_key(name: str, read: Callable[..., Key]) -> Key:
    """Read one secret of the keyring, or name the variable that is to blame."""
    try:
        return read(name, file=getattr(ENVIRONMENT, f"{name}_key_file"))
    except KeyUnreadable as error:
        variable = f"{PREFIX}{name.upper()}_KEY_FILE"
        raise UnusableSetting(name=variable, problem=f"{error.where} is missing, unreadable or no such key") from None
    except (SecretsFolderNotPrivate, OSError) as error:
        raise _blame_state_dir(error) from None


def _read_database() -> dict[str, Any]:
    """Describe the database, or name the variable that is to blame."""
    try:
        return describe_database(ENVIRONMENT.get_database_url(), pool_size=ENVIRONMENT.database_pool_size)
    except PydanticCustomError as error:
        raise UnusableSetting(name="MYNAPOINT_DATABASE_URL_FILE", problem=error.message()) from None
    except (KeyUnreadable, SecretsFolderNotPrivate, PlaceForbidden, OSError) as error:
        raise _blame_state_dir(error) from None


def _blame_state_dir(error: Exception) -> UnusableSetting:
    problem = {
        SecretsFolderNotPrivate: "its folder secrets must belong to you alone (mode 0700)",
        PlaceForbidden: "its database server belongs to another user: run as that user, or choose another folder",
    }.get(type(error), f"cannot be used: {error}")
    return UnusableSetting(name="MYNAPOINT_STATE_DIR", problem=problem, example="/srv/mynapoint")


SECRET_KEY = _read_key("secret", _keys.text)
HOLDER_KEY = _read_key("holder", _keys.secret)
ACCOUNT_KEY = _read_key("account", _keys.secret)
JOURNAL_SEAL_KEY = _read_key("journal_seal", _keys.secret)
JOURNAL_SIGNING_KEY = _read_key("journal_signing", _keys.signing_key)
SECOND_FACTOR_KEY = _read_key("second_factor", _keys.secret)
MESSAGE_SIGNING_KEY = _read_key("message_signing", _keys.signing_key)
DATABASES = {"default": _read_database()}
MADE_UP_SECRETS = tuple(_keys.made_up)

STATE_DIR = ENVIRONMENT.state_dir
PROXIES = ENVIRONMENT.proxies
DEMO = ENVIRONMENT.demo
TRAINING = ENVIRONMENT.training
CLOCK = get_clock(ENVIRONMENT.demo_clock)
SITE_ORIGIN = ENVIRONMENT.site_origin
CARD_PROGRAM = ENVIRONMENT.card_program
CARD_PROGRAM_PAGE = ENVIRONMENT.card_program_page
CARD_PROGRAM_PUBLISHER = ENVIRONMENT.card_program_publisher
PHONE_PROGRAM = ENVIRONMENT.phone_program
REGISTRY = ENVIRONMENT.registry
REGISTRY_WAIT = timedelta(seconds=ENVIRONMENT.registry_wait_seconds)
REGISTRY_OCSP_AGE = timedelta(minutes=ENVIRONMENT.registry_ocsp_minutes)
REGISTRY_LINEAGE_AGE = timedelta(minutes=ENVIRONMENT.registry_lineage_minutes)
REGISTRY_CRL_AGE = timedelta(hours=ENVIRONMENT.registry_crl_hours)
REGISTRY_LINEAGE_LIST_AGE = timedelta(hours=ENVIRONMENT.registry_lineage_list_hours)
DRAFT_LIFETIME = timedelta(hours=ENVIRONMENT.draft_hours)
WAITING_ROOM = Limits(opens_above=ENVIRONMENT.waiting_opens_above, per_minute=ENVIRONMENT.waiting_per_minute)
TRUST_ANCHORS = ENVIRONMENT.get_trust_anchors()
MESSAGE_KEY_ID = ENVIRONMENT.message_key_id
JOURNAL_ORIGIN = f"{urlsplit(SITE_ORIGIN).netloc}/journal"  # names a new journal, which keeps it for good

ROOMS: Final = (
    *("entrance", "journal", "programme", "holder", "registry", "case", "act", "directory", "place", "pinreset"),
    *("staff", "booking", "queue", "grace", "reservation", "application", "correction", "draft", "closing"),
    *("settlement", "tally", "service_api", "signin", "site", "counter", "office", "console"),
)
INSTALLED_APPS = (
    *(f"django.contrib.{app}" for app in ("contenttypes", "auth", "sessions", "messages", "staticfiles")),
    "csp",
    *("allauth", "allauth.account", "allauth.mfa"),
    "procrastinate.contrib.django",
    *(f"mynapoint.{room}" for room in ROOMS),
)
# What jobs do is imported by the worker alone: every command would pay for it at its start.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = ["mynapoint.service_api.tasks"]
MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "mynapoint.site.shell.headers.guard",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "mynapoint.access.Gate",
    "mynapoint.site.shell.stops.Availability",
    "mynapoint.site.waiting.closing_time.ClosingTime",
)
ROOT_URLCONF = "mynapoint.urls"
WSGI_APPLICATION = "mynapoint.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mynapoint.site.shell.context.every_page",
            ]
        },
    }
]

LANGUAGE_CODE = "ja"
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True

STATIC_URL = "/static/"
# Files are served from the packages they come in: nothing to collect, nothing that can be stale after an update.
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 300

AUTHENTICATION_BACKENDS = ("allauth.account.auth_backends.AuthenticationBackend",)
AUTH_PASSWORD_VALIDATORS = [
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
    ),
    {"NAME": "mynapoint.signin.passwords.TypeableValidator"},
]
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "mynapoint.signin.adapters.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False  # every try is counted in the database: mynapoint.signin.door
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "mynapoint.signin.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "login_webauthn": "mynapoint.signin.forms.PasskeyAtDoor",
    "authenticate_webauthn": "mynapoint.signin.forms.PasskeyAsSecond",
    "add_webauthn": "mynapoint.signin.forms.NewPasskey",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "mynapoint"

IS_ENCRYPTED = urlsplit(SITE_ORIGIN).scheme == "https"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_ENCRYPTED  # a browser gives passkeys to https and to localhost alone
ALLOWED_HOSTS = [ENVIRONMENT.host]
# The scheme behind a proxy is not the request's: the origin that browsers send is compared with the site's own.
CSRF_TRUSTED_ORIGINS = [SITE_ORIGIN]
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = IS_ENCRYPTED
CSRF_COOKIE_HTTPONLY = SESSION_COOKIE_HTTPONLY = True
# On one machine a training's cookies are not the real site's: browsers tell hosts apart, not ports.
COOKIE_PREFIX = "training-" if TRAINING else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
CSRF_FAILURE_VIEW = "mynapoint.counter.stops.forged"
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_HSTS_SECONDS = 31_536_000 if IS_ENCRYPTED else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# To nobody else, for some addresses are secrets. Not "no-referrer": under it browsers send "Origin: null" with a form,
# and no form would pass the CSRF check.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024  # the openings of a closing; every other body has a smaller limit

LOGGING_CONFIG = "mynapoint.logging_config.configure"
LOGGING = {"level": ENVIRONMENT.log_level, "format": ENVIRONMENT.log_format}
