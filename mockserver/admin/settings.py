"""Controls a sandbox's settings."""

from __future__ import annotations

from flask import Response

from ..sandbox.settings_patch import KEYS, describe_settings, patch_sandbox
from .http import AdminContext, json_body, json_response


def get_settings(control: AdminContext) -> Response:
    return json_response(describe_settings(control.sandbox))


def patch_settings(control: AdminContext) -> Response:
    sandboxes, body, now = control.runtime.sandboxes, json_body(*KEYS), control.now
    sandbox = sandboxes.change(control.name, now, lambda sandbox: patch_sandbox(sandboxes, sandbox, body, now))
    return json_response(describe_settings(sandbox))
