"""Certificates and keys: refused at start-up, or served with a warning about expiry."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mockserver.sdk.errors import InvalidSetting
from mockserver.server import certificates
from tests.support.certificates import self_signed


def refused(certificate: Path, key: Path) -> str:
    with pytest.raises(InvalidSetting) as found:
        certificates.check(certificate, key)
    return str(found.value)


@pytest.mark.parametrize(
    ("since", "until", "doubt"),
    [(2020, 2120, None), (2001, 2002, "has expired"), (2119, 2120, "is not valid yet")],
)
def test_days_that_clients_do_not_take_are_told(tmp_path: Path, since: int, until: int, doubt: str | None) -> None:
    certificate, key = self_signed(tmp_path, since=since, until=until)
    told = certificates.check(certificate, key)
    if doubt is None:
        assert told == ""
    else:
        assert told == f"the certificate of --tls-cert {certificate} {doubt}: clients that look at it refuse it."


def test_an_encrypted_key_is_refused(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, passphrase=b"open-sesame")
    wanted = "wanted a key without a passphrase: openssl pkey -in KEY -out PLAIN_KEY."
    assert refused(certificate, key) == f"--tls-key {key} is encrypted, {wanted}"


def test_the_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    certificate, other = self_signed(tmp_path / "one")[0], self_signed(tmp_path / "other")[1]
    assert refused(certificate, other) == f"--tls-key {other} is not the key of --tls-cert {certificate}."


def test_text_of_any_encoding_beside_the_key_is_no_matter(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    key.write_bytes("Schlüssel\n".encode("latin-1") + key.read_bytes())
    assert certificates.check(certificate, key) == ""


@pytest.mark.parametrize("which", ["certificate", "key"])
def test_a_file_that_is_none_or_too_large_is_not_read(tmp_path: Path, which: str) -> None:
    files = dict(zip(("certificate", "key"), self_signed(tmp_path), strict=True))
    flag = "--tls-cert" if which == "certificate" else "--tls-key"
    files[which] = tmp_path / "pipe"
    os.mkfifo(files[which])
    assert refused(**files) == f"{flag} {tmp_path}/pipe: found a pipe, wanted a regular file."
    files[which] = tmp_path / "large"
    with files[which].open("w") as file:
        file.truncate(certificates.MAX_PEM_BYTES + 1)
    wanted = "found 1,048,577 bytes, wanted a file of at most 1,048,576 bytes."
    assert refused(**files) == f"{flag} {tmp_path}/large: {wanted}"
