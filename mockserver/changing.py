"""Carrying out the changes of a scenario, at once or after a call, for vendors of which nothing is known but that they
show records: which ones a reply shows is seen by their bytes in it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .changes import ALL, LAST_PAGE, Change
from .data.dataset import Dataset
from .editing import Editor
from .sandbox import Edits, Sandbox, Sandboxes
from .toolkit import params
from .vendor import Call, Reply


def carry_out(change: Change, editor: Editor, ids: list[Any] | None = None) -> None:
    """Make a change to one vendor's data; ``ids`` are those to remove where the change does not name them.

    Raises Misuse when the data cannot be so.
    """
    if isinstance(change.add, int):
        editor.generate(change.add)
    elif change.add is not None:
        editor.add(change.add)
    elif change.set is not None:
        editor.change(str(change.id), change.set)
    elif change.restore is not None:
        editor.sandboxes.edit(editor.sandbox, editor.wall, editor.vendor, lambda edits, data: edits.restored())
    elif isinstance(change.remove, list):
        for id in change.remove:
            editor.remove(str(id))
    else:

        def removed(edits: Edits, data: Dataset) -> Edits:
            return edits.without(data.records.ids if ids is None else ids)

        editor.sandboxes.edit(editor.sandbox, editor.wall, editor.vendor, removed)


def follow(rooms: Sandboxes, sandbox: Sandbox, call: Call, reply: Reply, answers: int, wall: float) -> None:
    """Make the changes that are due once so many calls of the vendor have been answered, this one the last."""
    for change in sandbox.changes:
        if change.after != answers or not change.meets(call.vendor):
            continue
        ids = None
        if change.remove is not None and change.remove != ALL:
            ids = on_last_page(call, reply) if change.remove == LAST_PAGE else shown(call, reply)[:1]
        carry_out(change, Editor(rooms, sandbox.name, call.vendor, wall), ids)


def shown(call: Call, reply: Reply) -> list[Any]:
    """The ids of the records that a reply shows, in its order."""
    records = call.dataset.records
    places = [(reply.body.find(text), row) for row, text in enumerate(records.fragments(call.records.readings))]
    return [records.ids[row] for place, row in sorted(places) if place >= 0]


def on_last_page(call: Call, reply: Reply) -> list[Any]:
    """The ids of the records on the last page of the list of which the reply is an earlier page; else none."""
    page, endpoint = reply.page, call.endpoint
    if page is None or endpoint is None or endpoint.paging is None or page.last:
        return []
    number = endpoint.paging.first + (page.total - 1) // (page.stop - page.start)
    name = params.attribute(endpoint.params, endpoint.paging.parameter)
    there = replace(call, params={**call.params, name: number}, notices=[])
    return shown(there, endpoint.answer(there))
