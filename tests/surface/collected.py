"""The public surface, as commands, modules and a running server tell it."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import click
import pytest
import yaml

import mockserver
from mockserver import testing
from mockserver.cli.commands import commands
from tests.support.servers import PLUGIN, ROOT
from tests.surface import imported, served
from tests.transcripts import files

Names = list[str]
FIXTURE = type(pytest.fixture(lambda: None))


def every_command() -> dict[str, click.Command]:
    """The commands by name; the group imports each when it is asked for."""
    context = click.Context(commands)
    found = {name: commands.get_command(context, name) for name in commands.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def surface() -> dict[str, Any]:
    """All of it, as surface.yaml has it."""
    with served.server() as url:
        told = {
            "addresses": served.addresses(url),
            "control": control(served.offers(url)),
            "json": schemas(),
            "metrics": served.metrics(url),
            "headers": headers(served.preflight(url)),
        }
    return {
        "package": [name + signature(getattr(mockserver, name)) for name in sorted(mockserver.__all__)],
        "commands": {name: command(found) for name, found in sorted(every_command().items())},
        "environment": {"read": variables(), "given to commands": served.given_to_commands()},
        **told,
        "problems": met(r"urn:mockserver:([a-z-]+)"),
        "warnings": met(r'"code":"([a-z-]+)"'),
        "testing": exported(),
        "pytest": plugin(),
        "vendors import": imported.by_vendors(),
    }


# Commands ---------------------------------------------------------------------------------------------------------


def command(found: click.Command) -> Names:
    """The arguments and options of a command, each with its default where it has one to tell."""
    return [parameter(param) for param in found.params]


def parameter(param: click.Parameter) -> str:
    if isinstance(param, click.Argument):
        return (param.name or "").upper() + ("" if param.required else "?") + ("..." if param.nargs == -1 else "")
    assert isinstance(param, click.Option)
    names = "/".join([*param.opts, *param.secondary_opts])
    shown = re.search(r"\[([^\]]+)\]", param.help or "")
    metavar = "" if param.is_flag else f" {param.metavar or 'TEXT'}"
    return names + metavar + (f" [{shown[1]}]" if shown else "")


def variables() -> Names:
    """Those that the help of a command names."""
    texts = [(param.help or "") for found in every_command().values() for param in found.params if is_option(param)]
    return sorted(set(re.findall(r"MOCKSERVER_[A-Z_]+", " ".join(texts))))


def is_option(param: click.Parameter) -> typing.TypeGuard[click.Option]:
    return isinstance(param, click.Option)


# Control ----------------------------------------------------------------------------------------------------------


def spec() -> Any:
    return yaml.safe_load((ROOT / "specs" / "control.yaml").read_text(encoding="utf-8"))


def control(offers: Mapping[str, Names]) -> dict[str, str]:
    """Each route and method that the server offers, with the operation of specs/control.yaml that describes it."""
    paths = {re.sub(r"{\w+}", "{}", f"/__admin{path}"): item for path, item in spec()["paths"].items()}
    return {
        f"{method} {path}": paths[re.sub(r"{\w+}", "{}", path)][method.lower()]["operationId"]
        for path, methods in sorted(offers.items())
        for method in methods
    }


def schemas() -> dict[str, Names]:
    """The keys of JSON objects in specs/control.yaml, by operation or name, request bodies and replies alike."""
    document = spec()
    found = {name: keys(schema) for name, schema in document["components"]["schemas"].items()}
    for item in document["paths"].values():
        for method, operation in item.items():
            if method != "parameters":
                found[operation["operationId"]] = keys(operation)
                query = [p["name"] for p in operation.get("parameters", []) if p.get("in") == "query"]
                found[f"{operation['operationId']} (query)"] = query
    return {name: found[name] for name in sorted(found) if found[name]}


def keys(schema: Any) -> Names:
    """The names of all properties in a schema, those in it but not those it refers to."""
    return sorted(set(_keys(schema)))


def _keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        properties = schema.get("properties")
        yield from properties if isinstance(properties, dict) else ()
        for name, part in schema.items():
            if name not in ("example", "examples", "parameters"):
                yield from _keys(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _keys(part)


def headers(preflight: Names) -> dict[str, Names]:
    """Those of requests that the server reads for itself, and those of replies in transcripts."""
    schemes = spec()["components"]["securitySchemes"].values()
    tokens = [scheme["name"] for scheme in schemes if scheme.get("in") == "header"]
    sent = {
        line.partition(":")[0]
        for transcript in files.transcripts()
        for exchange in transcript.exchanges
        for line in exchange.reply.partition("\n\n")[0].split("\n")[1:]
        if line
    }
    return {"read": sorted({*preflight, *tokens}), "sent": sorted(sent)}


def met(pattern: str) -> Names:
    """What the replies of transcripts have."""
    replies = [exchange.reply for transcript in files.transcripts() for exchange in transcript.exchanges]
    return sorted({name for reply in replies for name in re.findall(pattern, reply)})


# Tests ------------------------------------------------------------------------------------------------------------


def exported() -> dict[str, Any]:
    """What mockserver.testing exports, what can be reached from it, and the keywords that methods take."""
    with testing.Server() as server:
        client, sandbox = server.client, server.client.sandbox("any")
        parts = (
            server,
            client,
            sandbox,
            sandbox.clock,
            sandbox.faults,
            sandbox.records("any"),
            sandbox.accounts("any"),
        )
        made = {type(part).__name__: part for part in (*parts, testing.Refused("GET /", 400, {}))}
        assert set(testing.__all__) <= set(made)
        found: dict[str, Any] = {name: members(made[name]) for name in sorted(made)}
    for method in (testing.Sandbox.create, testing.Sandbox.count, testing.Sandbox.fail_next):
        spec = inspect.getfullargspec(method)
        (taken,) = typing.get_args(typing.get_type_hints(method)[spec.varkw or ""])
        found[f"{method.__name__} takes"] = sorted(taken.__annotations__)
    return found


def members(value: object) -> Names:
    """How an object is made; its public attributes, properties and methods."""
    kind = type(value)
    found = {name: name for name in vars(value)}
    found |= {name: name if isinstance(m, property) else f"{name}{signature(m)}" for name, m in vars(kind).items()}
    return [f"{kind.__name__}{signature(kind)}", *(found[name] for name in sorted(found) if name[0] != "_")]


def signature(value: Any) -> str:
    """As Python prints it, without self, quotes around types, and what a default is where it is a function."""
    if not callable(value):
        return ""
    text = str(inspect.signature(value)).replace("self, ", "").replace("(self)", "()")
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)
    return re.sub(r"<function (\w+) at [^>]+>", r"\1", text)


class Recorder:
    """Stands where pytest's parser and configuration do, and keeps what the plugin adds."""

    def __init__(self) -> None:
        self.options, self.ini, self.markers = list[str](), list[str](), list[str]()

    def getgroup(self, name: str) -> Recorder:
        return self

    def addoption(self, name: str, **more: Any) -> None:
        self.options.append(f"{name} {more.get('metavar', '')}".strip())

    def addini(self, name: str, *more: Any, **others: Any) -> None:
        self.ini.append(name)

    def addinivalue_line(self, name: str, line: str) -> None:
        self.markers.append(line.partition(":")[0])

    def getoption(self, name: str) -> None:
        return None

    def getini(self, name: str) -> str:
        return ""


def plugin() -> dict[str, Names]:
    module, recorder = import_module(PLUGIN), Recorder()
    module.pytest_addoption(recorder)
    module.pytest_configure(recorder)
    fixtures = [name for name, value in vars(module).items() if isinstance(value, FIXTURE)]
    return {
        "options": recorder.options,
        "ini": recorder.ini,
        "fixtures": sorted(fixtures),
        "markers": recorder.markers,
    }
