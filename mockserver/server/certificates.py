"""Checks a certificate and its key before the server uses them."""

from __future__ import annotations

import ssl
from contextlib import suppress
from pathlib import Path

from ..data.files import UnfitFile, read_text
from ..sdk.errors import InvalidSetting

MAX_PEM_BYTES = 1024**2
# X509_V_ERR_* of OpenSSL, as ``SSLCertVerificationError.verify_code`` has them
_DATE_PROBLEMS = {9: "is not valid yet", 10: "has expired"}


def check(certificate: Path, key: Path) -> str:
    """A warning that clients will refuse the certificate, or the empty text.

    Raises InvalidSetting when certificate and key cannot be used; never asks for a passphrase.
    """
    for flag, file in (("--tls-cert", certificate), ("--tls-key", key)):
        try:
            read_text(file, MAX_PEM_BYTES, "latin-1")  # PEM allows any text beside the base64
        except UnfitFile as error:
            raise InvalidSetting(f"{flag} {file}: {error}.") from None
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        server.load_cert_chain(certificate, key, password=_refuse_to_ask)
    except _Encrypted:
        raise InvalidSetting(
            f"--tls-key {key} is encrypted, wanted a key without a passphrase: openssl pkey -in KEY -out PLAIN_KEY."
        ) from None
    except (ssl.SSLError, OSError) as error:
        if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            raise InvalidSetting(f"--tls-key {key} is not the key of --tls-cert {certificate}.") from None
        wanted = "wanted a certificate and its key, as PEM"
        raise InvalidSetting(
            f"--tls-cert {certificate} and --tls-key {key} are no usable pair ({error}), {wanted}."
        ) from None
    doubt = _find_date_problem(server, certificate)
    return f"the certificate of --tls-cert {certificate} {doubt}: clients that look at it refuse it." if doubt else ""


class _Encrypted(Exception):
    """The key needs a passphrase."""


def _refuse_to_ask() -> str:
    raise _Encrypted


def _find_date_problem(server: ssl.SSLContext, certificate: Path) -> str:
    """What is wrong with a certificate's dates, by a handshake in memory with a client that trusts it.

    Python reads the dates only of a peer's certificate.
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        client.load_verify_locations(certificate)
        asking = client.wrap_bio(to_client, to_server)
        answering = server.wrap_bio(to_server, to_client, server_side=True)
        _handshake(asking)
        _handshake(answering)
        _handshake(asking)
    except ssl.SSLCertVerificationError as error:
        return _DATE_PROBLEMS.get(error.verify_code, "")
    except ssl.SSLError:  # not a matter of dates
        return ""
    return ""


def _handshake(side: ssl.SSLObject) -> None:
    with suppress(ssl.SSLWantReadError):
        side.do_handshake()
