"""The addresses of the guide."""

from django.urls import path

from mynapoint.site.guide import pages

urlpatterns = [
    *(path(f"{page}/", pages.prose, {"page": page}, name=page) for page in pages.PROSE),
    path("card-program/", pages.program, name="program"),
    path("faq/", pages.faq, name="faq"),
    path("privacy/", pages.privacy, name="privacy"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("news/", pages.news, name="news"),
    path("news/feed.xml", pages.feed, name="feed"),
    path("news/<slug:item_id>/", pages.news_item, name="news-item"),
    path("contact/", pages.contact, name="contact"),
    path("sitemap/", pages.sitemap, name="sitemap"),
]
