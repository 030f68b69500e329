"""Django's settings of a reference service, made from the configuration file named in PAYMENTSERVICE_CONFIG."""

import os
import secrets
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from paymentservice.bodies import BODY_LIMIT
from paymentservice.config import Config, read_config

PAYMENTSERVICE: Final[Config] = read_config(Path(os.environ["PAYMENTSERVICE_CONFIG"]))

# Nothing signed with it outlives the process: no sessions, no cookies.
SECRET_KEY = secrets.token_urlsafe(32)
DEBUG = False
ALLOWED_HOSTS = [urlsplit(PAYMENTSERVICE.service.base_url).hostname or "", "127.0.0.1", "localhost"]
ROOT_URLCONF = "paymentservice.reference.urls"
WSGI_APPLICATION = "paymentservice.reference.wsgi.application"
INSTALLED_APPS = ["django.contrib.staticfiles", "csp", "paymentservice.reference.apps.ReferenceConfig"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": PAYMENTSERVICE.service.database,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            # A transaction takes the write lock at once, or two of them could both read before either writes.
            "transaction_mode": "IMMEDIATE",
            # Without a wait for the disk a power cut may take the last commits; durable_transaction() does wait.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        },
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT
LANGUAGE_CODE = "ja"
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
NUMBER_GROUPING = 3
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
SECURE_REFERRER_POLICY = "no-referrer"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
# A wallet's address opens it, and Django logs the address of every refused request.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"django.request": {"level": "ERROR"}, "django.security": {"level": "ERROR"}},
}
