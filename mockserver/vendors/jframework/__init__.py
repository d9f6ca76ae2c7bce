"""jFramework (JFW): "Get invoices" of one user of a brand. Document 001; its public page names the parameters, P[7]."""

from __future__ import annotations

from ...sdk import Vendor, recipe_in, shipped
from . import auth, errors, invoices

VENDOR = Vendor(
    name="jframework",
    title="jFramework",
    document="https://developers.jframework.io/references/api-reference/endpoints/invoices/get-invoices",
    hosts=("protocol.jframework.io",),  # 001:31
    credential=auth.CREDENTIAL,
    authenticate=auth.authenticate,
    permit=auth.permit,
    account_schema=auth.Account,
    account_id="user_id",
    operations=(invoices.GET_INVOICES,),
    resource=invoices.INVOICES,
    example=invoices.example,
    readings=(auth.BRAND, *invoices.READINGS, *errors.READINGS),
    errors=errors.TABLE,
    render_error=errors.render_error,
    spec=shipped.spec("jframework"),
    fixtures=shipped.fixtures("jframework"),
    recipe=recipe_in(f"{__name__}.recipe"),
    quota_headers=errors.quota_headers,
)
