"""Runs the scenarios of the identity providers that are named: main.py FOLDER SCHEMA NAME…

With --packages in place of FOLDER and SCHEMA, prints the packages of Debian that they need.
"""

import signal
import subprocess
import sys
import traceback
from pathlib import Path

import keycloak
import lemonldap
import simplesamlphp

IDENTITY_PROVIDERS = {
    "simplesamlphp": (simplesamlphp.SimpleSamlPhp, simplesamlphp.SCENARIOS),
    "lemonldap": (lemonldap.LemonLdap, lemonldap.SCENARIOS),
    "keycloak": (keycloak.Keycloak, keycloak.SCENARIOS),
}


def check_metadata(world, schema):
    """The service provider's metadata is valid, with and without signed requests."""
    for sign in (False, True):
        file = world.folder / f"sp-metadata-{sign}.xml"
        file.write_text(world.sp(sign).must("metadata")["xml"])
        command = ["xmllint", "--nonet", "--noout", "--schema", schema, str(file)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise AssertionError(result.stderr.strip())


def print_packages(*names):
    for name in names:
        make, _ = IDENTITY_PROVIDERS[name]
        print(*make.needs, sep="\n")


def main(folder, schema, *names):
    passed = failed = 0

    def attempt(world, name, steps):
        nonlocal passed, failed
        try:
            steps()
        except Exception as error:  # whatever it is, the other scenarios still run
            failed += 1
            print(f"FAILED {world.name}: {name}: {error}", flush=True)
            if not isinstance(error, AssertionError):
                traceback.print_exc()
        else:
            passed += 1
            print(f"ok     {world.name}: {name}", flush=True)

    for name in names:
        make, table = IDENTITY_PROVIDERS[name]
        world_folder = Path(folder) / name
        try:
            world = make(world_folder)
        except AssertionError as error:
            failed += 1
            print(f"FAILED {make.name}: start: {error}", flush=True)
            continue
        try:
            attempt(world, "the service provider's metadata is valid", lambda: check_metadata(world, schema))
            for title, scenario, arguments, options in table:
                def steps():
                    world.configure(options)
                    scenario(world, **arguments)
                attempt(world, title, steps)
        finally:
            world.stop()
    print(f"interop: {passed} scenarios passed" + (f", {failed} FAILED" if failed else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--packages"]:
        sys.exit(print_packages(*sys.argv[2:]))
    # By way of `finally`, which ends the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(*sys.argv[1:]))
