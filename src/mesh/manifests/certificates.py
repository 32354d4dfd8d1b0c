"""CA certificates as Knative's webhook judges them. Rules: knative.dev/pkg/apis/duck/v1/destination.go."""

import re
import ssl

BLOCK = re.compile(r"^-----BEGIN ([^\n]*)-----[ \t\r]*\n.*?^-----END \1-----[ \t\r]*$", re.DOTALL | re.MULTILINE)


def certificate_problem(pem: str) -> str | None:
    """Say what is wrong with the first PEM block; the webhook looks at no other."""
    block = BLOCK.search(pem)
    if block is None:
        return "CA Cert provided is invalid"
    if block[1] != "CERTIFICATE":
        return "CA Cert provided is not a certificate"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=ssl.PEM_cert_to_DER_cert(block[0].strip()))
    except (ssl.SSLError, ValueError):
        return "CA Cert provided is invalid"
    return None
