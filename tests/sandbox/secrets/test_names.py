"""Names under which secrets travel."""

from __future__ import annotations

import pytest

from mockserver.sdk import secret_names
from mockserver.sdk.secret_names import is_secret_name


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "auth[token]", "clientSecret", "X-Vault-Token", "Cookie", "pwd", "KEY", "token[]", "pass",
        "sig", "jsessionid", "PHPSESSID", "X-Amz-Signature", "user.password", "new_passwd2", "XSRFToken", "bearerValue",
        "id-token", "saml_response", "x-session-ref", "db[pass][0]", "accesstoken", "credential", "JWT", "user_creds",
        "secret_key_base", "authUser",
        "api.key", "access[key]", "token_type_secret", "url_token", "a" * 300 + "_token",
        "tokens", "apiKeys", "user-passwords[]", "db_pw", "sessions", f"{'a' * 300}_token_{'b' * 300}",
    ],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "page", "PageToken", "next_page_token", "next_page_tokens", "secretary", "Idempotency-Key", "filter[status]",
        "design",
        "author", "passenger", "compass", "signal", "assign", "authority", "SubscriptionTypeId", "obsession",
        "Keywords", "monkey", "bypassed", "sigma", "cursorToken",
        "token_type", "sessionCount", "auth-method", "secret.length", "token_expires",
    ],
)  # fmt: skip
def test_names_of_what_is_none(name: str) -> None:
    assert not is_secret_name(name)


def test_a_long_name_is_not_remembered() -> None:
    known = secret_names._normalise.cache_info().currsize, secret_names._is_secret.cache_info().currsize
    assert secret_names.normalise("Long-Name" * 100) == "longname" * 100
    assert not is_secret_name("Long-Name" * 100)
    assert (secret_names._normalise.cache_info().currsize, secret_names._is_secret.cache_info().currsize) == known
