"""Control of a sandbox's settings."""

from __future__ import annotations

from flask import Blueprint, Response

from ..sandbox.settings_patch import KEYS, amended, shown
from .http import Control, heard, said


def add(routes: Blueprint, control: Control) -> None:
    """The routes of this part."""
    rooms = control.world.sandboxes

    @routes.get("/settings")
    def settings() -> Response:
        return said(shown(control.sandbox))

    @routes.patch("/settings")
    def change() -> Response:
        body, now = heard(*KEYS), control.now
        return said(shown(rooms.change(control.name, now, lambda found: amended(rooms, found, body, now))))
