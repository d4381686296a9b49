"""Second implementations judge our artefacts: canonical JSON by rfc8785, DSSE by securesystemslib, journals by
this file, written from the format's documentation alone.

Usage: crosscheck.py canonical < lines of JSON        prints the canonical bytes of each line, in hexadecimal digits
       crosscheck.py dsse ENVELOPE PUBLIC_HEX         verifies a DSSE envelope (JSON, protobuf names) with an Ed25519 key
       crosscheck.py digest TYPE < payload            SHA-256 over DSSE's pre-authentication encoding
       crosscheck.py journal FILE PUBLIC_HEX          verifies a journal: form, chain, checkpoints
"""

import hashlib
import json
import sys

import rfc8785
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey


def pae(kind, payload):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def key(public, keyid="k"):
    return SSlibKey(keyid, "ed25519", "ed25519", {"public": public})


def canonical():
    for line in sys.stdin.buffer:
        print(rfc8785.dumps(json.loads(line)).hex())


def dsse(path, public):
    raw = json.load(open(path))
    envelope = Envelope.from_dict({
        "payload": raw["payload"],
        "payloadType": raw["payloadType"],
        "signatures": [{"keyid": s["keyid"], "sig": s["sig"]} for s in raw["signatures"]],
    })
    envelope.verify([key(public, raw["signatures"][0]["keyid"])], 1)
    print("valid")


def digest(kind):
    print("sha256:" + hashlib.sha256(pae(kind, sys.stdin.buffer.read())).hexdigest())


def journal(path, public):
    prev, purpose, seq, sealed = "0" * 64, None, 0, 0
    with open(path, "rb") as lines:
        for line in lines:
            assert line.endswith(b"\n"), "unterminated line"
            record = json.loads(line)
            seq += 1
            assert line == rfc8785.dumps(record) + b"\n", f"{seq}: not canonical"
            assert set(record) == {"body", "hash", "kind", "prev", "seq", "time", "v"} and record["v"] == 1
            assert record["seq"] == seq and record["prev"] == prev, f"{seq}: chain"
            if seq == 1:
                assert record["kind"] == "journal.opened"
                purpose = record["body"]["purpose"]
            fields = ["kmg/journal/1", purpose, str(seq), str(record["time"]), prev, record["kind"]]
            parts = [field.encode() for field in fields] + [rfc8785.dumps(record["body"])]
            hashed = hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()
            assert hashed == record["hash"], f"{seq}: hash"
            if record["kind"] == "checkpoint":
                checkpoint(record, prev, purpose, public)
                sealed = seq
            prev = hashed
    assert sealed, "no checkpoint"
    print(f"valid: {seq} records, sealed up to {sealed}")


def checkpoint(record, prev, purpose, public):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    body = dict(record["body"])
    signature = bytes.fromhex(body.pop("signature"))
    assert body["head"] == prev and body["upTo"] == record["seq"] - 1 and body["purpose"] == purpose
    raw = bytes.fromhex(public)
    assert body["keyId"] == hashlib.sha256(raw).hexdigest(), "another key"
    Ed25519PublicKey.from_public_bytes(raw).verify(signature, pae("application/vnd.kmg.checkpoint.v1", rfc8785.dumps(body)))


if __name__ == "__main__":
    {"canonical": canonical, "dsse": dsse, "digest": digest, "journal": journal}[sys.argv[1]](*sys.argv[2:])
