"""An admission webhook for tests: HTTPS on loopback, with a certificate of its own making.

Usage: webhook.py --for-user PREFIX (--patch JSON | --deny WORDS) [--log]

  --for-user PREFIX   patch or deny the requests of users whose name begins so; with '' everyone's. Others pass
                      unchanged.
  --deny WORDS        deny them with this message.
  --patch JSON        a JSON Patch (RFC 6902). In its strings $NOW becomes the time in nanoseconds and $RANDOM
                      64 random bits in hexadecimal digits, new for each call.
  --log               one JSON line on stderr for each call.

Prints one line {"url": ..., "caBundle": base64, "ready": true}, made for a webhook's clientConfig, then serves
until its input closes. The patch applies to what the rules of the configuration send here; nothing is kept, so
`sideEffects: None` is true. A patch that does not fit the object makes the API server refuse the request.
"""

import argparse
import base64
import datetime
import ipaddress
import json
import os
import secrets
import ssl
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

MAX_BODY = 8 << 20  # the largest object the API server takes is 3 MiB, and a review holds two


def certificate():
    """A self-signed certificate for 127.0.0.1 that lives a day, and its key, both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test webhook")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM), private


def tls(pem, private):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # the library takes files only
        path = os.path.join(folder, "both.pem")
        with open(path, "wb") as file:
            file.write(private + pem)
        context.load_cert_chain(path)
    return context


def filled(value):
    """`value` with its placeholders replaced."""
    if isinstance(value, str):
        return value.replace("$NOW", str(time.time_ns())).replace("$RANDOM", secrets.token_hex(8))
    if isinstance(value, list):
        return [filled(item) for item in value]
    if isinstance(value, dict):
        return {key: filled(item) for key, item in value.items()}
    return value


def handler(options, patch):
    class Webhook(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self):
            length = int(self.headers.get("content-length", "0"))
            if not 0 < length <= MAX_BODY:
                return self.send_error(413)
            request = json.loads(self.rfile.read(length))["request"]
            user = request["userInfo"]["username"]
            response = {"uid": request["uid"], "allowed": True}
            patched = user.startswith(options.for_user)
            if patched and options.deny is not None:
                response |= {"allowed": False, "status": {"message": options.deny}}
            elif patched:
                response["patchType"] = "JSONPatch"
                response["patch"] = base64.b64encode(json.dumps(filled(patch)).encode()).decode()
            if options.log:
                call = {"user": user, "operation": request["operation"], "dryRun": request.get("dryRun"), "patched": patched}
                print(json.dumps(call), file=sys.stderr, flush=True)
            body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Webhook


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a peer that breaks off is no concern of a test


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--for-user", default="")
    does = parser.add_mutually_exclusive_group(required=True)
    does.add_argument("--patch", type=json.loads)
    does.add_argument("--deny")
    parser.add_argument("--log", action="store_true")
    options = parser.parse_args()
    pem, private = certificate()
    server = Server(("127.0.0.1", 0), handler(options, options.patch))
    # The handshake belongs to the connection's thread: one silent peer must not keep the others out.
    server.socket = tls(pem, private).wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_address[1]}/"
    print(json.dumps({"url": url, "caBundle": base64.b64encode(pem).decode(), "ready": True}), flush=True)
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
