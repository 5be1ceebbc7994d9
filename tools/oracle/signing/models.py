"""Signs a toy model with the model-signing package, in the ways it can without a
connection, and writes the goldens of internal/catalog/provenance/testdata/oms.

Usage: build/signing/bin/python tools/oracle/signing/models.py

Keys are made anew and thrown away; only their public halves are kept.
"""

import base64
import datetime
import json
import pathlib
import shutil
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from model_signing import hashing, signing

OUT = pathlib.Path(__file__).parents[3] / "internal/catalog/provenance/testdata/oms"
CURVES = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
HASHES = {"p256": hashes.SHA256(), "p384": hashes.SHA384(), "p521": hashes.SHA512()}


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    model = OUT / "toy"
    toy(model)
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        keys = {name: make_key(tmp, name, curve) for name, curve in CURVES.items()}
        for name in keys:
            sign(model, OUT / f"{name}.sig", hashing.Config(), tmp / f"{name}.pem")
        shards = hashing.Config().use_shard_serialization(shard_size=1000)
        sign(model, OUT / "shards.sig", shards, tmp / "p256.pem")
        part = hashing.Config().set_ignored_paths(paths=[model / "sub", model / "empty.txt"])
        sign(model, OUT / "ignored.sig", part, tmp / "p256.pem")
        certificates(model, tmp, keys)
        tampered(keys["p256"])


def toy(root):
    """A model's worth of kinds of file: empty, deep, odd names, longer than a shard."""
    files = {
        "config.json": b'{"architectures": ["Toy"]}\n',
        "weights.bin": bytes((i * i + i // 7) % 251 for i in range(2500)),
        "empty.txt": b"",
        "a/b": b"sorted after a.b by bytes, before it by parts\n",
        "a.b": b"...\n",
        "sub/deep/er.txt": b"deep\n",
        "with space.txt": b"space\n",
        "模型.md": "模型\n".encode(),
    }
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def make_key(tmp, name, curve):
    key = ec.generate_private_key(curve)
    (tmp / f"{name}.pem").write_bytes(private_pem(key))
    (OUT / f"{name}.pub").write_bytes(public_pem(key))
    return key


def sign(model, path, config, key):
    signing.Config().use_elliptic_key_signer(private_key=key).set_hashing_config(config).sign(model, path)


def certificates(model, tmp, keys):
    """A chain root - between - leaf, and leaves that must not count."""
    old = (datetime.datetime(2020, 1, 1), datetime.datetime(2021, 1, 1))
    long = (datetime.datetime(2020, 1, 1), datetime.datetime(2120, 1, 1))
    root_key, between_key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())
    root = certificate("root", root_key, None, root_key, long, ca=True)
    between = certificate("between", between_key, root, root_key, long, ca=True)
    (OUT / "root.pem").write_bytes(cert_pem(root))
    other = certificate("root", between_key, None, between_key, long, ca=True)
    (OUT / "other-root.pem").write_bytes(cert_pem(other))
    (tmp / "between.pem").write_bytes(cert_pem(between))
    for name, curve, validity, usage in [
        ("cert", "p256", long, "sign"), ("cert-p384", "p384", long, "sign"),
        ("cert-code", "p256", long, "code"), ("cert-expired", "p256", old, "sign"), ("cert-usage", "p256", long, None),
    ]:
        leaf = certificate("toy signer", keys[curve], between, between_key, validity, usage=usage)
        (tmp / "leaf.pem").write_bytes(cert_pem(leaf))
        config = signing.Config().use_certificate_signer(
            private_key=tmp / f"{curve}.pem", signing_certificate=tmp / "leaf.pem",
            certificate_chain=[tmp / "between.pem"])
        config.sign(model, OUT / f"{name}.sig")


def certificate(name, key, issuer, issuer_key, validity, ca=False, usage=None):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    b = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject if issuer else subject)
         .public_key(key.public_key()).serial_number(x509.random_serial_number())
         .not_valid_before(validity[0]).not_valid_after(validity[1])
         .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True))
    if ca or usage == "sign":
        b = b.add_extension(x509.KeyUsage(
            digital_signature=usage == "sign", key_cert_sign=ca, crl_sign=ca, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False,
            encipher_only=False, decipher_only=False), critical=True)
    if usage == "code":
        b = b.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
    return b.sign(issuer_key, hashes.SHA384())


def tampered(key):
    """Bundles whose signature is right and whose statement was changed, each for a reason."""
    def change(name, edit, source="p256"):
        bundle = json.loads((OUT / f"{source}.sig").read_text())
        statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
        edit(statement, bundle)
        kind, payload = bundle["dsseEnvelope"]["payloadType"], json.dumps(statement).encode()
        signed = b"DSSEv1 %d %s %d " % (len(kind), kind.encode(), len(payload)) + payload
        bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
        sig = key.sign(signed, ec.ECDSA(hashes.SHA256()))
        bundle["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(sig).decode()
        (OUT / f"{name}.sig").write_text(json.dumps(bundle))

    def serialization(key, value):
        return lambda s, b: s["predicate"]["serialization"].update({key: value})

    change("bad-predicate", lambda s, b: s.update(predicateType="https://example.org/other"))
    change("bad-statement", lambda s, b: s.update(_type="https://in-toto.io/Statement/v0.1"))
    change("bad-symlinks", serialization("allow_symlinks", True))
    change("bad-hash", serialization("hash_type", "blake3"))
    change("bad-method", serialization("method", "tensors"))
    change("bad-ignore", serialization("ignore_paths", ["../other"]))
    change("bad-ignored-resource", serialization("ignore_paths", ["sub"]))
    change("bad-root", lambda s, b: s["subject"][0]["digest"].update(sha256="00" * 32))
    change("bad-empty", lambda s, b: s["predicate"].update(resources=[]))
    change("bad-traversal", lambda s, b: s["predicate"]["resources"][0].update(name="../config.json"))
    change("bad-twice", lambda s, b: s["predicate"]["resources"].append(s["predicate"]["resources"][0]))
    change("bad-unknown", lambda s, b: s["predicate"].update(extra=1))
    change("bad-media", lambda s, b: b.update(mediaType="application/json"))
    change("bad-type", lambda s, b: b["dsseEnvelope"].update(payloadType="text/plain"))

    def shard(name, new):
        """Renames a shard; the digests, and so the root, stay."""
        def edit(s, b):
            found = [r for r in s["predicate"]["resources"] if r["name"] == name]
            found[0]["name"] = new
        return edit

    change("bad-shard-gap", shard("weights.bin:1000:2000", "weights.bin:1001:2001"), "shards")
    change("bad-shard-short", shard("weights.bin:0:1000", "weights.bin:0:999"), "shards")
    change("bad-shard-name", shard("weights.bin:0:1000", "weights.bin:+0:1000"), "shards")
    change("bad-shard-size", serialization("shard_size", 1000.5), "shards")
    # As the specification has shards, and model-signing does not write them.
    change("shards-spec", lambda s, b: [r.update(algorithm="sha256") for r in s["predicate"]["resources"]], "shards")


def private_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def public_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def cert_pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


if __name__ == "__main__":
    main()
