#!/usr/bin/env bash
# Makes sure that the tests can get a RabbitMQ: a Docker engine, a local rabbitmq-server, or (Debian, root) the package.
# The packaged service is never started: the tests run their own broker on a private port and directory.
# With the argument `server` a Docker engine is not enough: the demo starts rabbitmq-server itself.
set -euo pipefail

say() { printf 'rabbitmq: %s\n' "$*"; }

if [[ "${1:-}" != server && -n "${LEDGERWIRE_TEST_BROKER_URL:-}" ]]; then
    say "using the broker given in LEDGERWIRE_TEST_BROKER_URL"
    exit 0
fi
if [[ "${1:-}" == server && "${LEDGERWIRE_BROKER_URL:-local}" != local ]]; then
    say "using the broker given in LEDGERWIRE_BROKER_URL"
    exit 0
fi
if [[ -x /usr/sbin/rabbitmq-server ]] || command -v rabbitmq-server >/dev/null 2>&1; then
    say "rabbitmq-server is present; an instance of our own is started from it"
    exit 0
fi
if [[ "${1:-}" != server ]] && command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
    say "a Docker engine answers; tests start RabbitMQ in a container"
    exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
    say "missing: neither a Docker engine nor rabbitmq-server, and this system has no apt-get."
    say "Install RabbitMQ 3.10 or later, start Docker, or set LEDGERWIRE_TEST_BROKER_URL to an amqp:// address."
    exit 1
fi
if [[ "$(id -u)" != 0 ]]; then
    say "missing: neither a Docker engine nor rabbitmq-server; run 'sudo apt-get install rabbitmq-server',"
    say "start Docker, or set LEDGERWIRE_TEST_BROKER_URL to an amqp:// address."
    exit 1
fi

say "neither a Docker engine nor rabbitmq-server found: installing Debian's package without starting its service"
policy=/usr/sbin/policy-rc.d
if [[ ! -e "$policy" ]]; then
    # invoke-rc.d asks this script; 101 means "do not start". Ours goes away again with this run.
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
if ! apt-get install -y -q --no-install-recommends rabbitmq-server >"$log" 2>&1; then
    say "package lists are old or empty: running apt-get update first"
    apt-get update -q >>"$log" 2>&1 || true
    if ! apt-get install -y -q --no-install-recommends rabbitmq-server >>"$log" 2>&1; then
        say "the installation failed; its output ends with:"
        tail -n 5 "$log"
        exit 1
    fi
fi
say "installed $(dpkg-query -W -f='${Package} ${Version}' rabbitmq-server)"
