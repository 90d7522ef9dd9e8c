"""What is tried at every identity provider. Their tables say with which settings.

A `world` has the identity provider, `world.browser()` and `world.sp(...)`. A scenario that fails
raises AssertionError.
"""

import base64
import re
import urllib.parse
from xml.etree import ElementTree

from browser import Arrival, Page
from messages import change_post, change_redirect

RELAY_STATE = "/inbox"


def check(condition, *details):
    if not condition:
        raise AssertionError(" ".join(str(detail) for detail in details)[:1500])


def excerpt(page):
    """What a person would read."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", page.body, flags=re.S)
    return f"{page.status} {page.url.split('?')[0]}: {' '.join(text.split())[:600]}"


def arrival(place, *fields):
    """`place` as an arrival at the service provider that brings one of `fields`."""
    check(isinstance(place, Arrival), "still at the identity provider:", excerpt(place) if isinstance(place, Page) else "")
    check(any(place.value(name) for name in fields), "arrived without", fields, "at", place.url)
    return place


def start(world, sp, browser, *, tamper=None, **options):
    """Asks for a login, and takes the request to the identity provider.

    Returns the place and the login cookie.
    """
    answer = sp.must("login", **{"binding": "redirect", "relay_state": RELAY_STATE, "force_authn": False,
                                 "is_passive": False, "answer": "post", **options})
    if tamper is None:
        place = browser.go(answer)
    elif "location" in answer:
        place = browser.get(change_redirect(answer["location"], tamper))
    else:
        form = Page(sp.origin + "/", 200, answer["page"]).form_with("SAMLRequest")
        change_post(form)
        place = browser.submit(form)
    return place, answer["cookie"]


def accepted(world, answer, *, solicited=True, relay_state=RELAY_STATE):
    check("ok" in answer, answer)
    login = answer["ok"]
    check(login["email"] == world.email, "e-mail address", login)
    for field, value in world.person.items():
        check(login[field] == value, field, login)
    check(login["name_id"], "no name", login)
    check(login["solicited"] is solicited, "solicited", login)
    check(login["relay_state"] == relay_state, "relay state", login)
    return login


def refused(answer, code, says=()):
    """Refused with this code; to the administrator it says all of these."""
    check("refused" in answer, "not refused:", answer)
    refusal = answer["refused"]
    check(refusal["code"] == code, "refused otherwise:", answer)
    for words in says:
        check(words in f"{refusal['message']} {refusal.get('advice')}", "does not say", words, "but", answer)


def signed_in(world, *, sign=False, unsolicited="off", **options):
    """A login that works. Returns what later steps need."""
    sp, browser = world.sp(sign, unsolicited), world.browser()
    place, cookie = start(world, sp, browser, **options)
    place = arrival(world.sign_in(browser, place), "SAMLResponse", "SAMLart")
    answer = sp.receive_login(place, cookie)
    return sp, browser, accepted(world, answer), place, cookie


def login(world, *, via="SAMLResponse", signed=None, contains=(), **options):
    """The service provider asks, the identity provider answers.

    It does so by the field `via`, with these parts signed, and with the texts that it `contains`.
    """
    *_, place, _ = signed_in(world, **options)
    check(place.value(via), "answered otherwise than by", via)
    if signed is not None or contains:
        response = base64.b64decode(place.value("SAMLResponse"))
        check(signed in (None, signed_parts(response)), "what is signed:", signed_parts(response))
        for text in contains:
            check(text.encode() in response, "the response is without", text)


def signed_parts(response):
    """The names of the elements that have a signature; what is encrypted stays out of sight."""
    signature = "{http://www.w3.org/2000/09/xmldsig#}Signature"
    elements = ElementTree.fromstring(response).iter()
    return {element.tag.split("}")[1] for element in elements if element.find(signature) is not None}


def refused_by_idp(world, *, why, sign=False, **options):
    """The identity provider answers with an error page."""
    browser = world.browser()
    place, _ = start(world, world.sp(sign), browser, **options)
    if world.checks_after_login:
        place = world.sign_in(browser, place)
    check(isinstance(place, Page), "answered:", place)
    check(not world.is_login_page(place), "asks for the password")
    check(re.search(why, place.body), "refused otherwise:", excerpt(place))


def refused_login(world, *, code, says=(), sign=False, **options):
    """The identity provider answers, and the service provider refuses it."""
    sp, browser = world.sp(sign), world.browser()
    place, cookie = start(world, sp, browser, **options)
    place = arrival(world.sign_in(browser, place), "SAMLResponse", "SAMLart")
    refused(sp.receive_login(place, cookie), code, says)


def persistent_name(world):
    """The person has one name at this service provider, and it is not the e-mail address."""
    first, second = (signed_in(world)[2] for _ in range(2))
    check(first["name_id_format"] == "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", "another format", first)
    check(first["name_id"] == second["name_id"] != world.email, "another name", first, second)


def replay(world, *, code, **options):
    """The same answer, once more, from the browser that it was for."""
    sp, _, _, place, cookie = signed_in(world, **options)
    refused(sp.receive_login(place, cookie), code)


def unsolicited_replay(world, *, code):
    """The same response, once more, where no request is looked for."""
    sp, browser = world.sp(unsolicited="on"), world.browser()
    place = arrival(world.sign_in(browser, browser.get(world.unsolicited_url(sp))), "SAMLResponse")
    check("ok" in sp.receive_login(place, None), "not even once")
    refused(sp.receive_login(place, None), code)


def other_browser(world, *, code, **options):
    """The response comes from a browser that did not start the login."""
    sp, browser = world.sp(), world.browser()
    place, _ = start(world, sp, browser, **options)
    place = arrival(world.sign_in(browser, place), "SAMLResponse", "SAMLart")
    _, other = start(world, sp, world.browser(), **options)
    refused(sp.receive_login(place, other), code)


def force_authn(world):
    """One password is enough for two logins, except when a new one is asked for."""
    sp, browser, *_ = signed_in(world)
    place, cookie = start(world, sp, browser)
    check(isinstance(place, Arrival), "a second login asks for the password again")
    accepted(world, sp.receive_login(place, cookie))
    place, cookie = start(world, sp, browser, force_authn=True)
    check(isinstance(place, Page) and world.is_login_page(place), "ForceAuthn asks for no password")
    accepted(world, sp.receive_login(arrival(world.sign_in(browser, place), "SAMLResponse"), cookie))


def is_passive(world, *, code):
    """Nobody is logged in, and nobody may be asked."""
    sp = world.sp()
    place, cookie = start(world, sp, world.browser(), is_passive=True)
    refused(sp.receive_login(arrival(place, "SAMLResponse"), cookie), code)


def unsolicited(world, *, relay_state=RELAY_STATE):
    """The login starts at the identity provider, and the service provider lets it in."""
    sp, browser = world.sp(unsolicited="on"), world.browser()
    place = arrival(world.sign_in(browser, browser.get(world.unsolicited_url(sp))), "SAMLResponse")
    accepted(world, sp.receive_login(place, None), solicited=False, relay_state=relay_state)


def unsolicited_refused(world, *, code):
    """The login starts at the identity provider, and the service provider wants none of it."""
    sp, browser = world.sp(), world.browser()
    place = arrival(world.sign_in(browser, browser.get(world.unsolicited_url(sp))), "SAMLResponse")
    refused(sp.receive_login(place, None), code)


def unsolicited_bounced(world):
    """The login starts at the identity provider; the service provider asks for one of its own."""
    sp, browser = world.sp(unsolicited="bounce"), world.browser()
    place = arrival(world.sign_in(browser, browser.get(world.unsolicited_url(sp))), "SAMLResponse")
    answer = sp.receive_login(place, None)
    check("bounce" in answer, answer)
    place = arrival(browser.go(answer["bounce"]), "SAMLResponse")
    accepted(world, sp.receive_login(place, answer["bounce"]["cookie"]), relay_state=None)


def sp_logout(world, *, binding="redirect", by_post=None, status="success", **options):
    """The service provider logs out, and the identity provider forgets the person.

    `by_post` is how it has to answer.
    """
    sp, browser, person, *_ = signed_in(world, **options)
    answer = sp.must("logout", session=person["session"], binding=binding)
    place = world.confirm_logout(browser, browser.go(answer))
    place = arrival(place, "SAMLResponse")
    check(by_post in (None, place.form is not None), "answered by the other binding")
    reply = sp.receive_logout(place, answer["pending"])
    check("ok" in reply, reply)
    check(reply["ok"]["kind"] == "response" and reply["ok"]["status"] == status, reply)
    place, _ = start(world, sp, browser)
    check(isinstance(place, Page) and world.is_login_page(place), "still logged in at the identity provider")


def idp_logout(world, *, by_post=False, **options):
    """The identity provider logs out and tells the service provider, which answers."""
    sp, browser, person, *_ = signed_in(world, **options)
    place = arrival(world.confirm_logout(browser, browser.get(world.logout_url(sp))), "SAMLRequest")
    check(by_post == (place.form is not None), "asked by the other binding")
    answer = sp.receive_logout(place)
    check("ok" in answer and answer["ok"]["kind"] == "request", answer)
    check(answer["ok"]["sessions"] == [person["session"]], "another session:", answer)
    world.logged_out(sp, browser.go(answer["ok"]))
    place, _ = start(world, sp, browser)
    check(isinstance(place, Page) and world.is_login_page(place), "still logged in at the identity provider")


def changed(place, what):
    """`place`, with a change that its signature does not cover."""
    url = change_redirect(place.url, what)
    return Arrival(url, urllib.parse.urlsplit(url).query, None)


def sp_logout_changed(world, *, code):
    """The service provider believes no answer that was changed on its way."""
    sp, browser, person, *_ = signed_in(world)
    answer = sp.must("logout", session=person["session"], binding="redirect")
    place = arrival(world.confirm_logout(browser, browser.go(answer)), "SAMLResponse")
    refused(sp.receive_logout(changed(place, "response"), answer["pending"]), code)


def idp_logout_changed(world, *, code):
    """The service provider heeds the request as it was sent, and none that was changed."""
    sp, browser, person, *_ = signed_in(world)
    place = arrival(world.confirm_logout(browser, browser.get(world.logout_url(sp))), "SAMLRequest")
    refused(sp.receive_logout(changed(place, "request")), code)
    answer = sp.receive_logout(place)
    check("ok" in answer and answer["ok"]["sessions"] == [person["session"]], answer)


# Rows that tables have in common. A row is what is shown, the scenario, its arguments, and what the
# identity provider is told about the service provider.


def checked_requests(told, *, unsigned, changed, changed_by_post=None):
    """Requests to an identity provider that is `told` to check their signatures.

    The other arguments are what it says of a request that is unsigned, or changed on its way.
    """
    post = {"binding": "post"}
    forged = {"sign": True, "why": changed}
    forged_by_post = post | {"sign": True, "why": changed_by_post or changed}
    return [
        ("request by redirect, signed and checked", login, {"sign": True}, told),
        ("request by POST, signed and checked", login, post | {"sign": True}, told),
        ("unsigned request by redirect where a signature is required", refused_by_idp, {"why": unsigned}, told),
        ("unsigned request by POST where a signature is required", refused_by_idp, post | {"why": unsigned}, told),
        ("signed request by redirect, RelayState changed", refused_by_idp, forged | {"tamper": "relay_state"}, told),
        ("signed request by redirect, request changed", refused_by_idp, forged | {"tamper": "request"}, told),
        ("signed request by POST, request changed", refused_by_idp, forged_by_post | {"tamper": "request"}, told),
    ]


def started_there(*, relay_state=RELAY_STATE):
    """Logins that start at the identity provider, which hands on this RelayState."""
    return [
        ("login started at the identity provider", unsolicited, {"relay_state": relay_state}, {}),
        ("login started at the identity provider, not allowed", unsolicited_refused,
         {"code": "unsolicited_forbidden"}, {}),
        ("login started at the identity provider, bounced", unsolicited_bounced, {}, {}),
    ]


def asked_for_the_password():
    """Whether the person is asked for the password is up to the service provider."""
    return [
        ("ForceAuthn", force_authn, {}, {}),
        ("IsPassive without a session", is_passive, {"code": "status_not_success"}, {}),
    ]


def replays():
    """Answers that were used, or that come from another browser."""
    return [
        # The request was taken with the first answer.
        ("replay", replay, {"code": "unsolicited_forbidden"}, {}),
        ("replay of a login started at the identity provider", unsolicited_replay, {"code": "assertion_replayed"}, {}),
        ("response in another browser", other_browser, {"code": "unsolicited_forbidden"}, {}),
    ]
