"""Times as people read them in Japan."""

from django import template

from mynapoint.site.shell.dates import format_day, format_time, format_until

register = template.Library()
register.filter("jst", format_time)
register.filter("jst_day", format_day)
register.filter("jst_until", format_until)
