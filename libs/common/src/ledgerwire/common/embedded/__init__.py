"""Real servers in a private directory: PostgreSQL from its wheel, RabbitMQ from the machine's package."""

from ledgerwire.common.embedded.postgres import (
    PostgresServer,
    remove_postgres,
    running_postgres,
    start_postgres,
    stop_postgres,
)
from ledgerwire.common.embedded.process import ServerStartError
from ledgerwire.common.embedded.rabbitmq import RabbitServer, start_rabbitmq, stop_rabbitmq

__all__ = [
    "PostgresServer",
    "RabbitServer",
    "ServerStartError",
    "remove_postgres",
    "running_postgres",
    "start_postgres",
    "start_rabbitmq",
    "stop_postgres",
    "stop_rabbitmq",
]
