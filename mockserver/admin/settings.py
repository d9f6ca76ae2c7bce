"""Control of a sandbox's settings."""

from __future__ import annotations

from flask import Blueprint, Response

from ..sandbox.settings_patch import KEYS, describe_settings, patch_sandbox
from .http import AdminContext, json_body, json_response


def add(routes: Blueprint, control: AdminContext) -> None:
    """The routes of this part."""
    rooms = control.world.sandboxes

    @routes.get("/settings")
    def settings() -> Response:
        return json_response(describe_settings(control.sandbox))

    @routes.patch("/settings")
    def change() -> Response:
        body, now = json_body(*KEYS), control.now
        return json_response(
            describe_settings(rooms.change(control.name, now, lambda found: patch_sandbox(rooms, found, body, now)))
        )
