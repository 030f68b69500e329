"""The whole site as its own links lead through it, and what must hold of every page."""

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import httpx2

STARTS: Final = ("/", "/easy/", "/en/")
MOST_PAGES: Final = 900
MOST_ALIKE: Final = 2
"""addresses that differ in their query or in their numbers alone: months, days and filters go on for ever"""
LARGEST: Final = 60_000
"""bytes of a first visit, as they are sent"""
_LANGS: Final = {"/easy/": "ja", "/en/": "en"}


@dataclass
class Markup(HTMLParser):
    """What a page's HTML says about it."""

    lang: str = ""
    title: str = ""
    headings: int = 0
    is_dated: bool = False
    links: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    _is_title: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag."""
        values = {name: value or "" for name, value in attrs}
        self.names |= {values[name] for name in ("id",) if name in values}
        self.lang = values.get("lang", "") if tag == "html" else self.lang
        self.headings += tag == "h1"
        self.is_dated |= values.get("class") == "changed"
        self._is_title = tag == "title" and not self.title
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        rel = values.get("rel", "")
        if (tag == "link" and rel in {"stylesheet", "icon"}) or (tag in {"img", "script"} and "src" in values):
            self.parts.append(values.get("href") or values["src"])

    def handle_data(self, data: str) -> None:
        """Take note of the title."""
        self.title += data if self._is_title else ""

    def handle_endtag(self, tag: str) -> None:
        """Leave the title."""
        self._is_title = self._is_title and tag != "title"


@dataclass(frozen=True)
class Page:
    """One page as it was sent."""

    address: str
    status: int
    headers: Mapping[str, str]
    text: str
    weight: int
    markup: Markup

    @property
    def is_html(self) -> bool:
        """Tell a page from a file."""
        return self.headers.get("content-type", "").startswith("text/html")

    @property
    def is_informational(self) -> bool:
        """Tell a page that any cache may keep."""
        return "public" in self.headers.get("cache-control", "")

    @property
    def kind(self) -> str:
        """The page's language and template, roughly: its path with names and numbers left out."""
        parts = urlsplit(self.address).path.strip("/").split("/")
        return (
            "/".join(parts[:2] + ["…"] * (len(parts) - 2))
            if parts[0] in {"easy", "en"}
            else "/".join(parts[:1] + ["…"] * (len(parts) - 1))
        )

    @property
    def template(self) -> str:
        """Its kind in whatever language."""
        return re.sub(r"^(easy|en)(/|$)", "", self.kind)


@dataclass
class Site:
    """All pages that links lead to, and the weight of what they are made of."""

    client: httpx2.Client
    pages: dict[str, Page] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=dict)

    def crawl(self) -> None:
        """Follow every link from the three start pages."""
        waiting, known, alike = deque(STARTS), set(STARTS), Counter[str]()
        while waiting and len(self.pages) < MOST_PAGES:
            page = self._fetch(waiting.popleft())
            self.pages[page.address] = page
            for link in page.markup.links:
                address = self.resolve(page, link)
                if address is None or address in known:
                    continue
                known.add(address)
                form = re.sub(r"\?.*|[0-9]+", "…", address)
                alike[form] += form != address
                if alike[form] <= MOST_ALIKE:
                    waiting.append(address)

    def resolve(self, page: Page, link: str) -> str | None:
        """Return where a link leads on this site, without the place in the page; None when it leads elsewhere."""
        url = urlsplit(urldefrag(urljoin(f"http://site{page.address}", link)).url)
        return f"{url.path}?{url.query}".removesuffix("?") if url.scheme == "http" and url.netloc == "site" else None

    def weigh(self, part: str) -> int:
        """Return the bytes of a style sheet, script or picture as it is sent."""
        if part not in self.weights:
            answer = self.client.get(part)
            assert answer.status_code == 200, part
            self.weights[part] = _count_sent(answer)
        return self.weights[part]

    def _fetch(self, address: str) -> Page:
        answer = self.client.get(address)
        markup = Markup()
        if answer.headers.get("content-type", "").startswith("text/html"):
            markup.feed(answer.text)
        return Page(address, answer.status_code, answer.headers, answer.text, _count_sent(answer), markup)


def find_flaws(site: Site) -> Iterator[str]:
    """Yield everything that is wrong with any page, one line each."""
    yield from _find_equal_titles(site)
    for page in site.pages.values():
        if page.status != 200:
            yield f"{page.address}: {page.status}"
        elif page.is_html:
            if '<div class="demo-band">' not in page.text:
                yield f"{page.address}: not said to be a demonstration's"
            yield from (f"{page.address}: {flaw}" for flaw in _find_flaws_of(page, site))
            yield from (f"{page.address}: {flaw}" for flaw in _find_dead_links(page, site))


def _find_flaws_of(page: Page, site: Site) -> Iterator[str]:
    path = urlsplit(page.address).path
    lang = next((code for prefix, code in _LANGS.items() if path.startswith(prefix)), "ja")
    if page.markup.lang != lang:
        yield f"its language is {page.markup.lang}"
    if page.markup.headings != 1:
        yield f"{page.markup.headings} headings of the first order"
    if "default-src 'none'" not in page.headers.get("content-security-policy", ""):
        yield "no Content-Security-Policy"
    own = re.sub(r"^/(easy|en)/", "/", path)
    targets = {site.resolve(page, link) for link in page.markup.links}
    query = page.address.partition("?")[2]
    for prefix in ("", "/easy", "/en"):
        other = f"{prefix}{own}" + (f"?{query}" if query else "")
        if other != page.address and other not in targets:
            yield f"no link to {other}"
    if not page.is_informational:
        return
    if "set-cookie" in page.headers:
        yield "a cookie"
    if not page.markup.is_dated:
        yield "not said when it changed"
    if (weight := page.weight + sum(map(site.weigh, set(page.markup.parts)))) > LARGEST:
        yield f"{weight} bytes on the first visit"


def _find_dead_links(page: Page, site: Site) -> Iterator[str]:
    for link in page.markup.links:
        address, place = site.resolve(page, link), unquote(urlsplit(link).fragment)
        if address is None:
            if not link.startswith(("tel:", "http://127.0.0.1")):
                yield f"a link to somebody else: {link}"
        elif place and address in site.pages and place not in site.pages[address].markup.names:
            yield f"no place {link}"


def _find_equal_titles(site: Site) -> Iterator[str]:
    titles: dict[tuple[str, str], str] = {}
    for page in site.pages.values():
        if not page.is_html or "?" in page.address or page.status != 200:
            continue
        key = page.address[:4], page.markup.title.strip()
        key = (key[0] if key[0] in {"/eas", "/en/"} else "", key[1])
        if key in titles:
            yield f"{page.address}: the same title as {titles[key]}"
        titles[key] = page.address


def _count_sent(answer: httpx2.Response) -> int:
    """Return the bytes of a body as they were sent, compressed where it was."""
    return int(answer.headers.get("content-length") or answer.num_bytes_downloaded)
