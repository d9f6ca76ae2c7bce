"""``make bench-peers``: the whole job of the sandbox beside other mock servers, most of which return ready bytes.

``python -m bench.beside [--write] [--rows 1,2]``. Each peer gets the same records and, if it is one that returns ready
replies, the very bytes of ours; what it answers is compared with ours first. Its log of calls is off, ours is on.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache

from bench import job
from bench.install import PEERS, Peer, install
from bench.load import Failed, Target, in_turns, ratio, spread
from bench.measuring import SAME, describe_loads, headers, make_load, query_files, rates, sandbox
from bench.plan import Plan
from bench.reporting import Section, report
from bench.servers import Command, Server, running
from bench.table import Row

COMPARED = 50  # different queries; a peer that does the whole job must answer each as we do
TARGETS = {"mountebank": ("≥", 2.0), "WireMock": ("≥", 1.2)}


@cache
def our_reply() -> bytes:
    """The sandbox's reply to the job."""
    with running(sandbox(job.RECORDS)) as server:
        return server.get(SAME, headers())[1]


def command(peer: Peer) -> Command:
    return peer.command(job.key(), our_reply())


def check(peer: Peer, server: Server, ours: Server, queries: list[str]) -> None:
    """Raises Failed for a wrong answer of the peer."""
    pairs = [(peer.path, SAME)]
    if peer.whole:
        pairs += [(f"{job.PATH}?{query}", f"{job.PATH}?{query}") for query in queries]
    for theirs, own in pairs:
        status, reply = server.get(theirs, headers())
        wanted = ours.get(own, headers())[1]
        if status != 200 or not peer.same(reply, wanted):
            raise Failed(
                f"{peer.name} answers {theirs} with {status}, unlike us: {reply[:300]!r}, not {wanted[:300]!r}"
            )
    status, _ = server.get(peer.path, {"Apikey": "wrong"} if peer.checks_key else {})
    if status not in (401, 404):  # WireMock has no mapping then
        raise Failed(f"{peer.name} answers {status} without a good key")


def speed(plan: Plan) -> list[Row]:
    """The whole job of the sandbox beside each peer."""
    files = query_files(plan)
    with ExitStack() as stack:
        ours = stack.enter_context(running(sandbox(job.RECORDS)))
        servers = {peer.name: stack.enter_context(running(command(peer))) for peer in PEERS}
        for peer in PEERS:
            check(peer, servers[peer.name], ours, files[-1].read_text().splitlines()[:COMPARED])
        targets = {"ours": Target(ours.url + SAME, headers())}
        targets["ours, different"] = Target(ours.url + job.PATH, headers(), files[-1])
        for peer in PEERS:
            targets[peer.name] = Target(servers[peer.name].url + peer.path, headers())
            if peer.whole:
                url = servers[peer.name].url + job.PATH
                targets[f"{peer.name}, different"] = Target(url, headers(), files[-1])
        jvms = {peer.name for peer in PEERS if peer.jvm}
        for name, target in targets.items():
            target.load(plan.warm_jvm if name in jvms else plan.warm)
        loads = in_turns(plan.rounds, {name: make_load(target, plan, files) for name, target in targets.items()})
        weights = {peer.name: servers[peer.name].pss for peer in PEERS} | {"ours": ours.pss}
    same, different = loads["ours"], loads["ours, different"]
    rows = []
    for peer in PEERS:
        mine, their = rates(same), loads[peer.name]
        beside = f"{peer.name} {peer.version}, {peer.does}: {describe_loads(their)}"
        rows.append(
            Row(1, "the same URL", describe_loads(same), beside, ratio(mine, rates(their)), TARGETS.get(peer.name))
        )
        if peer.whole:
            their = loads[f"{peer.name}, different"]
            beside = f"{peer.name} {peer.version}, {peer.does}: {describe_loads(their)}"
            found = ratio(rates(different), rates(their))
            rows.append(Row(2, "every request different", describe_loads(different), beside, found, ("≥", 1.5)))
        beside = f"{peer.name}: {weights[peer.name]:,.0f} MiB"
        lighter = spread([weights["ours"] / weights[peer.name]])
        rows.append(Row(6, "memory after these loads, PSS", f"{weights['ours']:,.0f} MiB", beside, lighter))
    return rows


def start(plan: Plan) -> list[Row]:
    """The time from the start of the process to the first 200, each with 200 records."""

    def starting(command: Command) -> Callable[[int], float]:
        def measure(number: int) -> float:
            with running(command) as server:
                return server.seconds

        return measure

    tasks = {"ours": starting(sandbox(job.RECORDS))} | {peer.name: starting(command(peer)) for peer in PEERS}
    tasks["ours"](0)  # fills the cache that starts share
    taken = in_turns(plan.starts, tasks)
    milliseconds = {name: f"{spread(of).median * 1000:,.0f} ms" for name, of in taken.items()}
    rows = []
    for peer in PEERS:
        beside = f"{peer.name} {peer.version}: {milliseconds[peer.name]}"
        target = ("≤", 1.0) if peer.start_target else None
        found = ratio(taken["ours"], taken[peer.name])
        rows.append(Row(5, "start to first answer", milliseconds["ours"], beside, found, target))
    return rows


def about() -> Mapping[str, str]:
    """What the peers run on."""
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr.splitlines()[0]
    return {"Peers run on": f"Node {node}, {java}; installed by npm from bench/peers/package.json"}


def sections(plan: Plan) -> list[Section]:
    """The measurements, with the rows that each fills."""
    install()
    return [Section({1, 2, 6}, "the job beside other servers", speed), Section({5}, "start beside others", start)]


if __name__ == "__main__":
    report("bench-peers", "The sandbox beside other mock servers", sections, about)
