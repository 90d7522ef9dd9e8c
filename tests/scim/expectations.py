"""What an answer has to be: what holds for every answer, and what a conversation expects of one."""

import re

from wire import ABSENT, ERROR, LIST, SCIM_JSON

KINDS = {"text": str, "number": int, "boolean": bool, "list": list, "object": dict}


def agrees(found, expected):
    """`expected` is a value, or an object of one member that says what the value has to be."""
    if not isinstance(expected, dict):
        return type(found) is type(expected) and found == expected
    (word, argument), = expected.items()
    match word:
        case "absent":
            return found is ABSENT
        case "empty":
            return found is ABSENT or found in ("", [])
        case "kind":
            return type(found) is KINDS[argument]
        case "not":
            return not agrees(found, argument)
        case "one_of":
            return any(agrees(found, one) for one in argument)
        case "length":
            return isinstance(found, list) and len(found) == argument
        case "has":
            return found is not ABSENT and argument in found
        case "lacks":
            return found is ABSENT or argument not in found
        case "count":  # of how many in a list are the value
            value, number = argument
            return isinstance(found, list) and sum(agrees(one, value) for one in found) == number
        case "like":
            return isinstance(found, str) and re.search(argument, found) is not None
    raise ValueError(f"unknown expectation {expected}")


def differences(answer, places):
    """One line for each pointer at which something else stands."""
    return [
        f"{pointer} is {answer.at(pointer)!r}, expected {expected!r}"
        for pointer, expected in places.items()
        if not agrees(answer.at(pointer), expected)
    ]


def members(value):
    if isinstance(value, dict):
        yield from value.items()
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from members(one)


def always(method, answer):
    """What no answer may break, whatever was asked. One line for each that is broken."""
    if answer.status >= 500 and answer.status != 501:
        yield f"status {answer.status}"
    if answer.status in (204, 304) or method == "HEAD":
        if answer.text:
            yield f"{answer.status} with a body"
        return
    if not isinstance(answer.body, dict):
        yield f"no JSON object: {answer.text[:200]!r}"
        return
    kind = answer.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != SCIM_JSON:
        yield f"Content-Type {kind!r}"
    for name, value in members(answer.body):
        if value is None:
            yield f"{name} is null"
    if "password" in dict(members(answer.body)):
        yield "a password comes back"
    if answer.status >= 400:
        yield from refusal(answer)
    elif LIST in answer.body.get("schemas", []):
        yield from page(answer.body)
    if answer.status == 201:
        yield from created(answer)


def refusal(answer):
    """RFC 7644 §3.12."""
    if answer.body.get("schemas") != [ERROR]:
        yield f"a refusal with schemas {answer.body.get('schemas')!r}"
    if answer.body.get("status") != str(answer.status):
        yield f"status {answer.body.get('status')!r} in the body of a {answer.status}"
    if not answer.body.get("detail"):
        yield "a refusal that says nothing"


def page(body):
    """RFC 7644 §3.4.2."""
    resources = body.get("Resources", [])
    if type(body.get("totalResults")) is not int:
        yield f"totalResults is {body.get('totalResults')!r}"
    if body.get("itemsPerPage", len(resources)) != len(resources):
        yield f"itemsPerPage is {body.get('itemsPerPage')!r} for {len(resources)}"


def created(answer):
    """RFC 7644 §3.3: the Location is that of the body, and ends with the ID."""
    place = answer.headers.get("location")
    if place is None or place != answer.at("/meta/location"):
        yield f"Location {place!r}, meta.location {answer.at('/meta/location')!r}"
    elif not place.endswith(f"/Users/{answer.at('/id')}"):
        yield f"Location {place!r} for the ID {answer.at('/id')!r}"
