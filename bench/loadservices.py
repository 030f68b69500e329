"""`python -m bench.loadservices COUNT`: put invented services into a town's directory, in its own environment."""

import os
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mynapoint.settings")
    django.setup()

    from django.conf import settings

    from bench.manyservices import load_many_services

    load_many_services(int(sys.argv[1]), at=settings.CLOCK())
