"""The whole job and a bare Flask view in one process, without a server, for CI.

``python -m bench.inprocess`` prints how many times as long the job takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from flask import Flask

from bench import job
from bench.bare import make_app
from bench.load import in_turns
from bench.servers import QUOTA
from mockserver.engine.build import build_runtime
from mockserver.sandbox.settings import make_settings
from mockserver.server.front import Front

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

WALL = 1_790_000_000.0
ROUNDS, CALLS = 9, 150


@cache
def sandbox() -> Front:
    """The sandbox with 200 records a vendor and a quota, nothing switched off."""
    settings = make_settings({"records": job.RECORDS, "quotas": f"{job.VENDOR}={QUOTA}"}, {})
    return Front(build_runtime(settings, wall=lambda: WALL))


def environ(query: str) -> WSGIEnvironment:
    """The request as gunicorn passes it."""
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": job.PATH,
        "QUERY_STRING": query,
        "RAW_URI": f"{job.PATH}?{query}",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8080",
        "HTTP_APIKEY": job.key(),
        "wsgi.url_scheme": "http",
    }


def answer(app: Flask | Front, call: WSGIEnvironment) -> bytes:
    """The reply of an app to a request. Raises AssertionError for an error status."""
    statuses: list[str] = []

    def start(status: str, headers: object, exc_info: object = None) -> None:
        statuses.append(status)

    body = b"".join(app(call, start))  # type: ignore[arg-type]  # the write callable is unused
    assert statuses[0].startswith("200"), (statuses, body[:200])
    return body


def seconds(app: Flask | Front, calls: Iterable[WSGIEnvironment]) -> float:
    """The CPU time that an app takes for these requests, in seconds."""
    fresh = [dict(call) for call in calls]
    began = time.process_time()
    for call in fresh:
        answer(app, call)
    return time.process_time() - began


def factor(rounds: Sequence[Sequence[str]]) -> float:
    """The time of the job over that of the bare view with the same bytes, by the best round of each.

    ``rounds`` are the queries of each round; the bare view answers with a reply of theirs of middling length.
    """
    sample = sorted((answer(sandbox(), environ(query)) for query in rounds[0]), key=len)
    bare = make_app({job.PATH: sample[len(sample) // 2]})
    requests = [[environ(query) for query in queries] for queries in rounds]

    def timed(app: Flask | Front) -> Callable[[int], float]:
        return lambda number: seconds(app, requests[number])

    tasks = {"ours": timed(sandbox()), "bare": timed(bare)}
    taken = {name: found[1:] for name, found in in_turns(len(rounds), tasks).items()}  # without the sample's
    return min(taken["ours"]) / min(taken["bare"])


def same() -> float:
    """The factor for the same URL every time."""
    return factor([[job.SAME] * CALLS] * ROUNDS)


def different() -> float:
    """The factor for different requests, in each round others."""
    queries = job.different(CALLS * ROUNDS, "in process")
    return factor([queries[n * CALLS : (n + 1) * CALLS] for n in range(ROUNDS)])


if __name__ == "__main__":
    print(f"the same URL: {same():.2f} ×\nevery request different: {different():.2f} ×")
