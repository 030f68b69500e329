"""The news as a feed."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from cardagent.languages import Language
from mynapoint.site.guide.news import NewsItem
from mynapoint.site.shell.languages import LANG_CODES, NAMESPACES, choose
from mynapoint.site.shell.words import get_words


def write_feed(news: Sequence[NewsItem], *, language: Language, origin: str) -> str:
    """This will write an Atom feed (RFC 4287) in one language."""
    words, space = get_words(language), NAMESPACES[language]
    feed = Atom1Feed(
        title=f"{words.say('shell.brand')}: {words.say('shell.nav.news')}",
        link=origin + reverse(f"{space}:news"),
        feed_url=origin + reverse(f"{space}:feed"),
        description="",
        language=LANG_CODES[language],
    )
    for item in news:
        link = origin + reverse(f"{space}:news-item", kwargs={"item_id": item.id})
        feed.add_item(
            title=choose(item.title, language)[0],
            link=link,
            unique_id=link,
            description=" ".join(choose(text, language)[0] for text in item.text),
            pubdate=item.at,
            updateddate=item.changed_at,
        )
    return str(feed.writeString("utf-8"))
