"""A certificate and its key, as files: found to be usable before anybody is served with them."""

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
    """What clients will say against the certificate, in a sentence, or the empty text.

    Raises WrongSetting when it cannot be used with this key; nobody is asked for a passphrase.
    """
    for flag, file in (("--tls-cert", certificate), ("--tls-key", key)):
        try:
            read_text(file, MAX_PEM_BYTES, "latin-1")  # beside the base64 there may be any text
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
    """The key wants a passphrase."""


def _refuse_to_ask() -> str:
    raise _Encrypted


def _find_date_problem(server: ssl.SSLContext, certificate: Path) -> str:
    """What is wrong with the days of a certificate, as a client finds that trusts it otherwise: a handshake in memory.

    Python reads no dates of a certificate that is not a peer's.
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
    except ssl.SSLError:  # whatever it is, it is not the days
        return ""
    return ""


def _handshake(side: ssl.SSLObject) -> None:
    with suppress(ssl.SSLWantReadError):
        side.do_handshake()
