"""scim2-server behind the command line of `scim_server`: a second server for the same tests.

    reference.py serve --listen 127.0.0.1:0
    reference.py tenant --control URL

It knows no seats, no modes and no organizations. Every tenant is a path of its own, all with one
token. `differences.py` compares with it; and as SCIM_SERVER it shows which tests can fail.
"""

import io
import json
import secrets
import sys
import uuid
from wsgiref.simple_server import WSGIRequestHandler, make_server

TOKEN_PLACE = "#token="  # behind the address in `control_url`, which the other command is told


class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def whole_bodies(application):
    """`wsgiref` knows no chunks (RFC 9112 §7.1), and clients in Java send them."""

    def call(environ, start):
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            stream, body = environ["wsgi.input"], b""
            while size := int(stream.readline().partition(b";")[0], 16):
                body += stream.read(size)
                stream.readline()
            stream.readline()
            environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return application(environ, start)

    return call


def serve(host, port):
    # Not needed by the other command, and slow to load.
    from scim2_models import ScimProvider
    from scim2_server.applications.wsgi import TenantDispatcher
    from scim2_server.memory import InMemoryStorage
    from scim2_server.service import ScimService
    from scim2_server.testserver.application import BEARER_TOKEN_SCHEME, BearerTokenApplication
    from scim2_server.testserver.cli import ThreadingWSGIServer
    from scim2_server import utils

    token = secrets.token_urlsafe(32)
    config = utils.load_default_service_provider_config()
    config.authentication_schemes = [BEARER_TOKEN_SCHEME]
    provider = ScimProvider.from_discovery(
        utils.load_default_schemas().values(), utils.load_default_resource_types().values(), config=config
    )
    service = ScimService(provider, secret=secrets.token_urlsafe(32))

    def tenant(_name):
        return BearerTokenApplication(InMemoryStorage(), provider, service=service, bearer_tokens=[token])

    application = whole_bodies(TenantDispatcher(tenant))
    server = make_server(
        host, port, application, server_class=ThreadingWSGIServer, handler_class=Silent
    )
    here = f"http://{host}:{server.server_port}"
    line = {"base_url": here, "scim_base_url": f"{here}/first/v2", "scim_token": token}
    print(json.dumps({**line, "control_url": here + TOKEN_PLACE + token}), flush=True)
    server.serve_forever()


def tenant(control):
    needs = json.load(sys.stdin)
    if needs.get("exact"):
        sys.exit("it does not count seats")
    if needs.get("mode") == "interop":
        sys.exit("it has one mode")
    here, _, token = control.partition(TOKEN_PLACE)
    print(json.dumps({"base": f"{here}/{uuid.uuid4().hex}/v2", "token": token}))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", "--listen", address]:
            host, _, port = address.rpartition(":")
            serve(host, int(port))
        case ["tenant", "--control", url]:
            tenant(url)
        case _:
            sys.exit(__doc__)
