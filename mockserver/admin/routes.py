"""The table of the control API: every route below ``/__admin``, and whatever is true of it alone."""

from __future__ import annotations

from . import about, clock, faults, fidelity, metrics, pages, records, requests, sandboxes, scenarios, settings, verdict
from .route import PREFIX, Route

ROUTES = (
    Route("GET", "/health", about.get_health, kind="probe"),
    Route("GET", "/ready", about.get_ready, kind="probe"),
    Route("GET", "/version", about.get_version, kind="probe"),
    Route("GET", "/vendors", about.list_vendors),
    Route("GET", "/vendors/<name>", about.get_vendor),
    Route("GET", "/metrics", metrics.get_metrics, needs_no_store=True),
    Route("GET", "/sandboxes", sandboxes.list_sandboxes),
    Route("GET", "/sandboxes/<name>", sandboxes.get_sandbox),
    Route("PUT", "/sandboxes/<name>", sandboxes.put_sandbox),
    Route("DELETE", "/sandboxes/<name>", sandboxes.delete_sandbox),
    Route("POST", "/reset", sandboxes.reset),
    Route("GET", "/settings", settings.get_settings),
    Route("PATCH", "/settings", settings.patch_settings),
    Route("GET", "/faults", faults.list_rules),
    Route("POST", "/faults", faults.add_rule),
    Route("DELETE", "/faults", faults.delete_rules),
    Route("GET", "/faults/<id>", faults.get_rule),
    Route("PATCH", "/faults/<id>", faults.patch_rule),
    Route("DELETE", "/faults/<id>", faults.delete_rule),
    Route("GET", "/clock", clock.get_clock),
    Route("POST", "/clock/freeze", clock.freeze),
    Route("POST", "/clock/advance", clock.advance),
    Route("POST", "/clock/set", clock.set_clock),
    Route("POST", "/clock/reset", clock.reset),
    Route("GET", "/records/<vendor>", records.list_records, ("offset", "limit", "contains", "sort")),
    Route("GET", "/totals/<vendor>", records.get_totals),
    Route("POST", "/records/<vendor>", records.add_record),
    Route("POST", "/records/<vendor>/generate", records.generate_records),
    Route("GET", "/records/<vendor>/<rest:id>", records.get_record),
    Route("PATCH", "/records/<vendor>/<rest:id>", records.patch_record),
    Route("DELETE", "/records/<vendor>/<rest:id>", records.delete_record),
    Route("GET", "/accounts/<vendor>", records.list_accounts),
    Route("PUT", "/accounts/<vendor>", records.replace_accounts),
    Route("GET", "/export", records.list_exports),
    Route("GET", "/export/<vendor>", records.export),
    Route(
        "GET",
        "/requests",
        requests.list_requests,
        ("after", "limit", "brief", "vendor", "status", "unmatched", "warned"),
    ),
    Route("DELETE", "/requests", requests.delete_requests),
    Route("GET", "/requests/unmatched", requests.list_unmatched),
    Route("POST", "/requests/count", requests.count_requests),
    Route("POST", "/requests/find", requests.find_requests),
    Route("POST", "/requests/near-misses", requests.find_near_misses),
    Route("GET", "/requests/<int:id>", requests.get_request),
    Route("GET", "/requests/<int:id>/near-misses", requests.get_near_misses),
    Route("DELETE", "/requests/<int:id>", requests.delete_request),
    Route("GET", "/scenarios", scenarios.list_scenarios),
    Route("PUT", "/scenarios/active", scenarios.activate),
    Route("GET", "/verdict", verdict.get_verdict, ("format", "ignore")),
    Route("GET", "/fidelity", fidelity.get_fidelity),
    Route("GET", "/fidelity/<name>", fidelity.get_vendor_fidelity),
    Route("GET", "", pages.redirect_to_console, kind="page"),
    Route("GET", "/", pages.get_console, kind="page"),
    Route("GET", "/site/<path:name>", pages.get_file, kind="page"),
)

BY_ENDPOINT = {route.endpoint: route for route in ROUTES}
OPEN_PATHS = frozenset(f"{PREFIX}{route.path}" for route in ROUTES if route.is_open and "<" not in route.path)
# Every path below one of these is open.
OPEN_FOLDERS = tuple(
    f"{PREFIX}{route.path.partition('<')[0]}" for route in ROUTES if route.is_open and "<" in route.path
)
