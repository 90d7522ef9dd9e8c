"""Changes to messages on their way, made by whoever holds the browser."""

import base64
import re
import urllib.parse
import zlib


def change_redirect(url, what):
    """`url` with another RelayState, or with a message of another ID; the signature stays.

    `what` is "relay_state", "request" or "response".
    """
    parts = urllib.parse.urlsplit(url)
    query = urllib.parse.parse_qsl(parts.query, strict_parsing=True)
    changes = {
        "relay_state": ("RelayState", lambda value: value + "x"),
        "request": ("SAMLRequest", _change_deflated),
        "response": ("SAMLResponse", _change_deflated),
    }
    name, change = changes[what]
    if name not in dict(query):
        raise AssertionError(f"no {name} in {url}")
    query = [(key, change(value) if key == name else value) for key, value in query]
    return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))


def change_post(form):
    """Puts another request ID into the form."""
    request = base64.b64decode(form.fields["SAMLRequest"])
    form.fields["SAMLRequest"] = base64.b64encode(_change_id(request)).decode()


def _change_deflated(value):
    message = zlib.decompress(base64.b64decode(value), -zlib.MAX_WBITS)
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(deflate.compress(_change_id(message)) + deflate.flush()).decode()


def _change_id(message):
    """A whole and valid message, but not the one that was signed."""

    def other(found):
        return found[1] + (b"0" if found[2] != b"0" else b"1") + b'"'

    changed, count = re.subn(rb'(\sID="[^"]*)([^"])"', other, message, count=1)
    if count != 1:
        raise AssertionError(f"no ID in {message!r}")
    return changed
