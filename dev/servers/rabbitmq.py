"""RabbitMQ from a Debian package, with its own node name, epmd and cookie, on loopback only."""

from __future__ import annotations

import json
import os
import subprocess

from dev.install import ROOT
from dev.processes.program import Program, answers_tcp, greets
from dev.servers.rabbitmq_data import adopt_data, erlang_string
from dev.servers.rabbitmq_programs import CONTROL, PLUGINS, SERVER, command_of, plugins_variable
from dev.state import State, write_private
from shared.topology.definitions import Account, administrator, exchanges_and_queues, merge, users_and_permissions
from shared.topology.permissions import EVERY_ROLE, url_variable

USER = "fonoteca"
VHOST = "fonoteca"
NODE = "fonoteca@localhost"
#: The first bytes of an AMQP 0-9-1 client; a ready broker answers with Connection.Start.
AMQP_HELLO = b"AMQP\x00\x00\x09\x01"
#: The file of users, exchanges and queues that the broker creates at its start, if they are missing.
DEFINITIONS = "definitions.json"
#: The tuning of all our brokers, wherever they run.
TUNING = ROOT / "deploy/k8s/fonoteca/rabbitmq"


def rabbitmq(state: State) -> tuple[list[Program], dict[str, str]]:
    """Return epmd and the broker, and the variables that lead clients to the broker."""
    adopt_data(state)
    home = state.subfolder("rabbitmq")
    port = state.port("rabbitmq")
    epmd, distribution = state.port("epmd"), state.port("rabbitmq-distribution")
    where = f"127.0.0.1:{port}/{VHOST}"
    admin = Account(USER, state.secret("rabbitmq"), VHOST)
    accounts = {role: Account(role, state.secret(f"rabbitmq-{role}"), VHOST) for role in EVERY_ROLE}
    definitions = merge(administrator(admin), users_and_permissions(accounts), exchanges_and_queues(VHOST))
    write_private(home / DEFINITIONS, json.dumps(definitions))
    write_private(
        home / "rabbitmq.conf",
        f"""\
listeners.tcp.local = 127.0.0.1:{port}
disk_free_limit.absolute = 50MB
{(TUNING / "fonoteca.conf").read_text()}
log.file = false
log.console = true
log.console.level = warning
""",
    )
    # In Erlang's notation, because rabbitmq.conf rejects keys of disabled plugins, and accepts only ASCII.
    # Skipped if unchanged: RabbitMQ 4.0 imports before its stream coordinator is up, and a stream that exists already
    # then keeps it from starting.
    definitions_file = (
        "{rabbit, [{definitions, [{import_backend, rabbit_definitions_import_local_filesystem}, "
        f"{{local_path, {erlang_string(str(home / DEFINITIONS))}}}, {{skip_if_unchanged, true}}]}}]}}"
    )
    tuning = (TUNING / "advanced.config").read_text().strip().removesuffix("].")
    ports = {name: state.port(f"rabbitmq-{name}") for name in ("prometheus", "management")}
    plugins = [f'{{rabbitmq_{n}, [{{tcp_config, [{{ip, "127.0.0.1"}}, {{port, {p}}}]}}]}}' for n, p in ports.items()]
    (home / "advanced.config").write_text(",\n ".join([tuning, definitions_file, *plugins]) + "].\n")
    # No plugins: the management plugin takes 4 s at the start and 5 s at the stop.
    (home / "enabled_plugins").write_text("[].\n")
    (home / "rabbitmq-env.conf").write_text("")
    erlang = _erlang(state, epmd)
    broker = {
        **erlang,
        **plugins_variable(),
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
    }
    programs = [
        # We start epmd, so that it ends with the stack; the one that RabbitMQ starts itself outlives the broker.
        Program("epmd", ["epmd", "-port", str(epmd), "-address", "127.0.0.1"], answers_tcp(epmd), erlang),
        Program("rabbitmq", command_of(SERVER, home), greets(port, AMQP_HELLO), broker, stop_seconds=40),
    ]
    exports = {url_variable(role): f"amqp://{a.user}:{a.password}@{where}" for role, a in accounts.items()}
    return programs, {"RABBITMQ_URL": f"amqp://{admin.user}:{admin.password}@{where}", **exports}


def _erlang(state: State, epmd_port: int) -> dict[str, str]:
    """Return the environment of every Erlang program of this stack: its own epmd and its own cookie."""
    home = str(state.subfolder("rabbitmq"))
    return {"ERL_EPMD_PORT": str(epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1", "HOME": home}


def add_vhost(state: State, url: str, name: str) -> str:
    """Create another virtual host in the running broker. Returns its URL, with the same user."""
    _control(state, "add_vhost", name)
    _control(state, "set_permissions", "--vhost", name, USER, ".*", ".*", ".*")
    return f"{url.rsplit('/', 1)[0]}/{name}"


def delete_vhost(state: State, name: str) -> None:
    """Delete a virtual host with all its queues and their messages."""
    _control(state, "delete_vhost", name)


def forget_topology(state: State) -> None:
    """Make a broker that loses its data return with its users, but without exchanges and queues."""
    file = state.subfolder("rabbitmq") / DEFINITIONS
    known = json.loads(file.read_text())
    write_private(file, json.dumps({name: known[name] for name in ("vhosts", "users", "permissions")}))


def enable_metrics(state: State) -> str:
    """Turn on the broker's metrics for Prometheus; this takes seconds, so they are off by default. Returns the URL."""
    _control(state, "enable", "rabbitmq_prometheus", program=PLUGINS)
    return f"http://127.0.0.1:{state.known_port('rabbitmq-prometheus')}/metrics"


def enable_management(state: State) -> str:
    """Turn the broker's management API on. Returns its URL."""
    _control(state, "enable", "rabbitmq_management", program=PLUGINS)
    return f"http://127.0.0.1:{state.known_port('rabbitmq-management')}"


def collect_garbage(state: State) -> None:
    """Make every process of the broker free the memory it no longer needs."""
    _control(state, "force_gc")


def raise_memory_alarm(state: State) -> None:
    """Make the broker block publishers, as when its memory is used up."""
    _control(state, "set_vm_memory_high_watermark", "absolute", "1MB")


def clear_memory_alarm(state: State) -> None:
    """End the memory alarm."""
    _control(state, "set_vm_memory_high_watermark", "0.4")


def set_consumer_timeout(state: State, milliseconds: int) -> None:
    """Set how long a message may stay unacknowledged, on channels opened from now on. It is checked every second."""
    for name, value in (("consumer_timeout", milliseconds), ("channel_tick_interval", 1000)):
        _control(state, "eval", f"application:set_env(rabbit, {name}, {value}).")


def close_connections(state: State, vhost: str) -> None:
    """Make the broker close every connection to a virtual host, as a restart would."""
    _control(state, "close_all_connections", "--vhost", vhost, "closed by a test")


def _control(state: State, *arguments: str, program: str = CONTROL) -> None:
    home = state.subfolder("rabbitmq")
    environment = {
        **os.environ,
        **_erlang(state, state.known_port("epmd")),
        **plugins_variable(),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
    }
    command = command_of(program, home, "--node", NODE, "--quiet", *arguments)
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"rabbitmqctl {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
