"""One request and its answer, as bytes on the loopback interface."""

import http.client
import json
from urllib.parse import quote, urlsplit

SCIM_JSON = "application/scim+json"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SECONDS = 30  # after which an answer is no longer waited for


class Absent:
    """What stands at a pointer where there is nothing."""

    def __repr__(self):
        return "nothing"


ABSENT = Absent()


class Answer:
    def __init__(self, status, headers, octets):
        self.status = status
        self.headers = headers
        self.text = octets.decode("utf-8", "replace")
        try:
            self.body = json.loads(self.text) if octets else ABSENT
        except ValueError:
            self.body = self.text  # which no expectation about JSON agrees with

    def at(self, pointer):
        return at(self.body, pointer)


class Wire:
    def __init__(self, tenant):
        place = urlsplit(tenant.base)
        self.host, self.root, self.token = place.netloc, place.path, tenant.token

    def send(self, method, path, body=None, headers=None):
        """`body` is octets, or what is written as JSON. A header of None is left out."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        sent = {"accept": SCIM_JSON, "authorization": f"Bearer {self.token}"}
        if body is not None:
            sent |= {"content-type": SCIM_JSON, "content-length": str(len(body))}
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        connection = http.client.HTTPConnection(self.host, timeout=SECONDS)
        try:
            connection.putrequest(
                method, self.root + path, skip_host="host" in sent, skip_accept_encoding=True
            )
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            octets = answer.read()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, octets)
        finally:
            connection.close()

    def find(self, expression):
        return self.send("GET", f"/Users?filter={quote(expression, safe='')}")

    def everyone(self):
        """All accounts by their IDs, read page by page."""
        found, start = {}, 1
        while True:
            answer = self.send("GET", f"/Users?startIndex={start}&count=100")
            if answer.status != 200:
                raise AssertionError(f"GET /Users answered {answer.status}: {answer.text[:300]}")
            page = answer.body.get("Resources") or []
            found |= {user["id"]: user for user in page}
            start += len(page)
            if not page or start > answer.body["totalResults"]:
                return found


def at(value, pointer):
    """A JSON pointer, of which a segment may be `*` (each of a list) or `name=value` (the first)."""
    _, *segments = pointer.split("/")
    for index, segment in enumerate(segments):
        segment = segment.replace("~1", "/").replace("~0", "~")
        name, equals, wanted = segment.partition("=")
        if isinstance(value, list) and segment == "*":
            rest = "".join(f"/{one}" for one in segments[index + 1 :])
            return [found for found in (at(one, rest) for one in value) if found is not ABSENT]
        if isinstance(value, list) and equals:
            value = next((one for one in value if one.get(name) == wanted), ABSENT)
        elif isinstance(value, list) and segment.isdigit() and int(segment) < len(value):
            value = value[int(segment)]
        elif isinstance(value, dict):
            value = value.get(segment, ABSENT)
        else:
            return ABSENT
    return value
