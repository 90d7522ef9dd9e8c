"""A browser, as far as single sign-on needs one: cookies, redirects, forms. It runs no scripts.

Whatever would be requested from the service provider is not requested: `Browser` hands it out as an
`Arrival`.
"""

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser

SAML_FIELDS = ("SAMLRequest", "SAMLResponse", "SAMLart")


@dataclass
class Form:
    action: str
    method: str
    fields: dict = field(default_factory=dict)

    def has(self, *names):
        return any(name in self.fields for name in names)


@dataclass
class Page:
    url: str
    status: int
    body: str

    def forms(self):
        parser = FormParser(self.url)
        parser.feed(self.body)
        return parser.forms

    def frames(self):
        """The addresses of the pages inside this page."""
        parser = FormParser(self.url)
        parser.feed(self.body)
        return parser.frames

    def form_with(self, *names):
        return next((form for form in self.forms() if form.has(*names)), None)


@dataclass
class Arrival:
    """A request to the service provider: the raw query of a GET, or the form of a POST."""

    url: str
    query: str
    form: dict | None

    @property
    def path(self):
        return urllib.parse.urlsplit(self.url).path

    def value(self, name):
        fields = self.form if self.form is not None else dict(urllib.parse.parse_qsl(self.query))
        return fields.get(name)


class FormParser(HTMLParser):
    def __init__(self, url):
        super().__init__()
        self.url = url
        self.forms = []
        self.frames = []
        self.open = None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            # An empty action means the page's own address, which is what joining makes of it.
            action = urllib.parse.urljoin(self.url, attributes.get("action") or "")
            self.open = Form(action, (attributes.get("method") or "get").lower())
            self.forms.append(self.open)
        elif tag == "iframe" and attributes.get("src"):
            self.frames.append(urllib.parse.urljoin(self.url, attributes["src"]))
        elif self.open is not None and tag in ("input", "button", "textarea", "select") and attributes.get("name"):
            if attributes.get("type") not in ("checkbox", "radio") or "checked" in attributes:
                self.open.fields[attributes["name"]] = attributes.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None  # Followed in `_request`, where an arrival at the service provider is seen.


class Browser:
    def __init__(self, sp_origin):
        self.sp_origin = sp_origin
        # The loopback interface is a secure context to browsers, also without TLS.
        policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))
        self.cookies = http.cookiejar.CookieJar(policy)
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies), NoRedirects
        )

    def get(self, url):
        return self._travel(self._request(url))

    def submit(self, form, **values):
        return self._travel(self._submit(form, values))

    def show(self, html):
        """A page that the service provider answered with."""
        return self._travel(Page(self.sp_origin + "/", 200, html))

    def go(self, answer):
        """Where an answer of the service provider sends the browser: a location, or a form."""
        return self.get(answer["location"]) if "location" in answer else self.show(answer["page"])

    def _travel(self, place):
        """Submits, as their scripts would, the forms that only carry a SAML message on."""
        for _ in range(10):
            form = place.form_with(*SAML_FIELDS) if isinstance(place, Page) else None
            if form is None:
                return place
            place = self._submit(form, {})
        raise AssertionError("forms without end")

    def _submit(self, form, values):
        body = urllib.parse.urlencode({**form.fields, **values})
        if form.method == "post":
            return self._request(form.action, body)
        return self._request(form.action.split("?")[0] + "?" + body)

    def _request(self, url, body=None):
        for _ in range(20):
            url = urllib.parse.urldefrag(url).url
            if url.startswith(self.sp_origin + "/"):
                form = None if body is None else dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
                return Arrival(url, urllib.parse.urlsplit(url).query, form)
            request = urllib.request.Request(url, data=None if body is None else body.encode())
            try:
                response = self.opener.open(request, timeout=30)
            except urllib.error.HTTPError as error:
                response = error
            with response:
                text = response.read().decode("utf-8", "replace")
                if response.status not in (301, 302, 303, 307, 308):
                    return Page(url, response.status, text)
                url = urllib.parse.urljoin(url, response.headers["Location"])
                if response.status < 307:
                    body = None
        raise AssertionError(f"redirects without end, at {url}")
