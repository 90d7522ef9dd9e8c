"""What an administrator's tool does with scim2-client: client.py BASE, the token in SCIM_TOKEN.

One line an operation: `ok NAME`, or `FAILED NAME: why`.
"""

import os
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import BulkOperation, BulkRequest, PatchOp, PatchOperation, ResponseParameters
from scim2_models import SCIMException, SearchRequest

NOBODY = "6f8a3a52-0000-4000-8000-000000000000"
CROWD = 45


def connect(token):
    http = Client(base_url=sys.argv[1], headers={"Authorization": f"Bearer {token}"}, timeout=30)
    return SyncSCIMClient(http)


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r}, expected {expected!r}")


def refused(status, call):
    """The client raises what the server's error says."""
    try:
        answer = call()
    except SCIMException as error:
        found = getattr(error, "status", None)
        return equal(found if found is not None else error.to_error().status, status)
    raise AssertionError(f"no error but {answer!r}")


class Story:
    def __init__(self):
        self.client = connect(os.environ["SCIM_TOKEN"])

    def person(self, name, **more):
        address = f"{name}@orchard.example"
        return self.User(**{
            "user_name": address, "active": True, "name": {"given_name": name, "family_name": "Client"},
            "emails": [{"value": address, "type": "work", "primary": True}], **more,
        })

    def change(self, id, *operations):
        steps = [PatchOperation[self.User](**operation) for operation in operations]
        return self.client.modify(self.User, id, PatchOp[self.User](operations=steps))

    def read(self):
        return self.client.query(self.User, self.ada.id)

    def found(self, expression):
        answer = self.client.query(self.User, query_parameters=SearchRequest(filter=expression))
        return [user.id for user in answer.resources or []]

    def discovers(self):
        self.client.discover()
        self.User = self.client.get_resource_model("User")
        equal(self.client.provider.config.patch.supported, True)
        equal(self.client.provider.config.etag.supported, True)

    def is_refused_with_another_token(self):
        other = connect(os.environ["SCIM_TOKEN"] + "x")
        other.provider = self.client.provider
        refused(401, lambda: other.query(self.User))

    def creates(self):
        self.ada = self.client.create(self.person("ada", external_id="client-1"))
        equal(self.ada.user_name, "ada@orchard.example")

    def reads(self):
        user = self.read()
        equal((user.external_id, user.active, user.name.given_name), ("client-1", True, "ada"))
        equal([email.value for email in user.emails], ["ada@orchard.example"])

    def reads_one_attribute(self):
        asked = ResponseParameters(attributes=["userName"])
        user = self.client.query(self.User, self.ada.id, query_parameters=asked)
        equal((user.user_name, user.emails or None), ("ada@orchard.example", None))

    def cannot_create_twice(self):
        refused(409, lambda: self.client.create(self.person("ada")))

    def finds(self):
        for expression in (
            'userName eq "ADA@orchard.example"', 'externalId eq "client-1"', f'id eq "{self.ada.id}"',
            'emails[type eq "work" and value eq "ada@orchard.example"]',
            'userName eq "ada@orchard.example" and active eq true',
        ):
            equal((expression, self.found(expression)), (expression, [self.ada.id]))
        equal(self.found('userName eq "nobody@orchard.example"'), [])

    def replaces(self):
        user = self.read()
        user.name.family_name = "Replaced"
        self.client.replace(user)
        user = self.read()
        equal((user.name.family_name, user.external_id), ("Replaced", "client-1"))

    def is_refused_with_an_old_version(self):
        """The client sends If-Match by itself where the server announces ETags."""
        old = self.read()
        self.change(self.ada.id, {"op": "replace", "path": "name.familyName", "value": "Newer"})
        old.name.family_name = "Stale"
        refused(412, lambda: self.client.replace(old))
        refused(412, lambda: self.client.delete(old))
        equal(self.read().name.family_name, "Newer")

    def deactivates_and_brings_back(self):
        for active in (False, True):
            self.change(self.ada.id, {"op": "replace", "path": "active", "value": active})
            equal(self.read().active, active)

    def changes_the_work_address(self):
        path = 'emails[type eq "work"].value'
        self.change(self.ada.id, {"op": "replace", "path": path, "value": "office@orchard.example"})
        equal([email.value for email in self.read().emails], ["office@orchard.example"])

    def changes_without_a_path(self):
        self.change(self.ada.id, {"op": "replace", "value": {"name": {"familyName": "Pathless"}}})
        user = self.read()
        equal((user.name.given_name, user.name.family_name), ("ada", "Pathless"))

    def is_told_of_nobody(self):
        operation = {"op": "replace", "path": "active", "value": False}
        refused(404, lambda: self.client.query(self.User, NOBODY))
        refused(404, lambda: self.change(NOBODY, operation))
        refused(404, lambda: self.client.delete(self.User, NOBODY))

    def pages(self):
        crowd = {self.client.create(self.person(f"crowd{n}")).id for n in range(CROWD)}
        seen, start, total = [], 1, 1
        while start <= total:
            asked = SearchRequest(start_index=start, count=20)
            page = self.client.query(self.User, query_parameters=asked)
            seen += [user.id for user in page.resources]
            start, total = start + len(page.resources), page.total_results
        equal((len(seen), len(crowd - set(seen))), (len(set(seen)), 0))

    def sends_many_at_once(self):
        operation = BulkOperation[self.User](
            method="POST", path="/Users", bulk_id="one", data=self.person("bulk"))
        answer = self.client.bulk(BulkRequest[self.User](operations=[operation]))
        equal(str(answer.operations[0].status), "201")
        equal(len(self.found('userName eq "bulk@orchard.example"')), 1)

    def deletes(self):
        self.client.delete(self.User, self.ada.id)
        refused(404, self.read)


def main():
    story = Story()
    for name, operation in list(vars(Story).items()):
        if name in ("person", "change", "read", "found") or name.startswith("_"):
            continue
        try:
            operation(story)
        except Exception as error:  # whatever the library raises
            print(f"FAILED {name.replace('_', ' ')}: {type(error).__name__}: {' '.join(str(error).split())}")
        else:
            print(f"ok {name.replace('_', ' ')}")


main()
