#!/usr/bin/env python3
"""Holds an audit record of hearth against a checkpoint from elsewhere.

    verify_audit.py WITNESS KEYS.pem FOLDER

Needs nothing but Python's standard library; follows docs/audit.md and shares no code
with hearth. Prints what is wrong, one finding a line, with the numbers of the records.
Exit code 0: nothing is; 1: something is; 2: it could not be read.
"""
import base64, hashlib, json, os, re, sys
from datetime import datetime, timedelta

found = []


def find(first, end, text):
    found.append((first, end, text))


# --- hash functions -------------------------------------------------------------------

def sm3(data):  # GB/T 32905, for Pythons whose OpenSSL lacks it
    m = 0xFFFFFFFF
    rol = lambda x, n: ((x << n % 32) | (x & m) >> (32 - n % 32)) & m if n % 32 else x
    v = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    data += b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "big")
    p1 = lambda x: x ^ rol(x, 15) ^ rol(x, 23)
    for k in range(0, len(data), 64):
        w = [int.from_bytes(data[k + i:k + i + 4], "big") for i in range(0, 64, 4)]
        for j in range(16, 68):
            w.append(p1(w[j - 16] ^ w[j - 9] ^ rol(w[j - 3], 15)) ^ rol(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = v
        for j in range(64):
            s1 = rol((rol(a, 12) + e + rol(0x79CC4519 if j < 16 else 0x7A879D8A, j)) & m, 7)
            s2 = s1 ^ rol(a, 12)
            ff = a ^ b ^ c if j < 16 else a & b | a & c | b & c
            gg = e ^ f ^ g if j < 16 else e & f | ~e & g
            t1 = (ff + d + s2 + (w[j] ^ w[j + 4])) & m
            t2 = (gg + h + s1 + w[j]) & m
            a, b, c, d, e, f, g, h = t1, a, rol(b, 9), c, t2 ^ rol(t2, 9) ^ rol(t2, 17), e, rol(f, 19), g
        v = [x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h))]
    return b"".join(x.to_bytes(4, "big") for x in v)


def sm3_fast(data):
    try:
        return hashlib.new("sm3", data).digest()
    except ValueError:
        return sm3(data)


HASH = {"sha256": lambda data: hashlib.sha256(data).digest(), "sm3": sm3_fast}

# --- signatures -----------------------------------------------------------------------

def add(curve, p, q):  # on y² = x³ + ax + b, affine; None is infinity
    prime, a = curve
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % prime == 0:
            return None
        s = (3 * p[0] * p[0] + a) * pow(2 * p[1], -1, prime)
    else:
        s = (q[1] - p[1]) * pow(q[0] - p[0], -1, prime)
    x = (s * s - p[0] - q[0]) % prime
    return x, (s * (p[0] - x) - p[1]) % prime


def times(adder, n, p, zero):
    r = zero
    for bit in bin(n)[2:]:
        r = adder(r, r)
        if bit == "1":
            r = adder(r, p)
    return r


SM2_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
SM2_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
SM2_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
SM2_G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
         0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)


def sm2_verify(point, message, signature):  # GB/T 32918.2, ASN.1 DER
    size = lambda at: (signature[at + 1], at + 2)
    n, at = size(2)
    r = int.from_bytes(signature[at:at + n], "big")
    n, at = size(at + n)
    s = int.from_bytes(signature[at:at + n], "big")
    if not (0 < r < SM2_N and 0 < s < SM2_N and (r + s) % SM2_N):
        return False
    x, y = int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:65], "big")
    b32 = lambda i: i.to_bytes(32, "big")
    z = HASH["sm3"](b"\x00\x80" + b"1234567812345678" + b32(SM2_P - 3) + b32(SM2_B) + b32(SM2_G[0]) + b32(SM2_G[1]) + b32(x) + b32(y))
    e = int.from_bytes(HASH["sm3"](z + message), "big")
    plus = lambda p, q: add((SM2_P, SM2_P - 3), p, q)
    p = plus(times(plus, s, SM2_G, None), times(plus, (r + s) % SM2_N, (x, y), None))
    return p is not None and (e + p[0]) % SM2_N == r


ED_P = 2**255 - 19
ED_L = 2**252 + 27742317777372353535851937790883648493
ED_D = -121665 * pow(121666, -1, ED_P) % ED_P


def ed_add(p, q):  # extended coordinates, RFC 8032, section 5.1.4
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * ED_D, 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % ED_P, g * h % ED_P, f * g % ED_P, e * h % ED_P


def ed_point(b):
    y = int.from_bytes(b, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x2 = (y * y - 1) * pow(ED_D * y * y + 1, -1, ED_P) % ED_P
    x = pow(x2, (ED_P + 3) // 8, ED_P)
    if (x * x - x2) % ED_P:
        x = x * pow(2, (ED_P - 1) // 4, ED_P) % ED_P
    if (x * x - x2) % ED_P or y >= ED_P:
        return None
    if x & 1 != sign:
        x = ED_P - x
    return x, y, 1, x * y % ED_P


ED_B = ed_point((4 * pow(5, -1, ED_P) % ED_P).to_bytes(32, "little"))


def ed25519_verify(key, message, signature):
    a, r = ed_point(key), ed_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= ED_L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ED_L
    one = (0, 1, 1, 0)
    left, right = times(ed_add, s, ED_B, one), ed_add(r, times(ed_add, k, a, one))
    return not ((left[0] * right[2] - right[0] * left[2]) % ED_P or (left[1] * right[2] - right[1] * left[2]) % ED_P)


def keys_of(path):  # the last 32 or 65 bytes of a SubjectPublicKeyInfo are the point
    for pem in re.findall(r"-----BEGIN PUBLIC KEY-----\n.*?-----END PUBLIC KEY-----\n", open(path).read(), re.S):
        der = base64.b64decode("".join(pem.split("\n")[1:-2]))
        if b"\x2b\x65\x70" in der[:16]:
            yield hashlib.sha256(pem.encode()).hexdigest(), ed25519_verify, der[-32:]
        elif bytes.fromhex("2a811ccf5501822d") in der[:32]:
            yield hashlib.sha256(pem.encode()).hexdigest(), sm2_verify, der[-65:]
        else:
            sys.exit("a key in " + path + " is neither of Ed25519 nor of SM2")


# --- the log --------------------------------------------------------------------------

LINE = re.compile(rb'\{"n":(0|[1-9]\d{0,18})(,.*),"prev":"([0-9a-f]{64})"\}', re.S)


def whole_lines(path):
    with open(path, "rb") as f:
        for line in f:
            if line.endswith(b"\n"):  # else it is still being written
                yield line[:-1]


class Log:
    def __init__(self, folder):
        self.folder, self.begun, self.covered = folder, False, False
        self.first = self.next = self.size = 0
        self.log = self.hash = ""
        self.prev, self.tree, self.prints, self.roots = "0" * 64, [], [], {}
        for name in sorted(os.listdir(folder)):
            if re.fullmatch(r"\d{16}\.jsonl", name):
                self.segment(name)
        if self.first and not self.covered:
            find(0, self.first, "older records are gone, and no record says that they were too old")

    def segment(self, name):
        head = True
        for line in whole_lines(os.path.join(self.folder, name)):
            if head:
                self.header(int(name[:16]), name, line)
                head = False
            elif self.begun:
                self.record(line)
        if head:
            find(self.next, self.next, name + " has no first line")

    def header(self, number, name, line):
        if not self.begun:
            try:
                h = json.loads(line)
                self.h, self.tree = HASH[h["hash"]], [bytes.fromhex(x) for x in h["tree"]]
                self.log, self.hash, self.prev = h["log"], h["hash"], h["prev"]
                self.first = self.next = self.size = h["first"]
            except (ValueError, KeyError, TypeError):
                find(number, number, "the first line of %s is not one" % name)
                return
            self.begun = True
            self.root()
        want = '{"format":"hearth audit 1","log":"%s","hash":"%s","first":%d,"prev":"%s","tree":[%s]}' % (
            self.log, self.hash, number, self.prev, ",".join('"%s"' % x.hex() for x in self.tree))
        if want.encode() != line or number != self.next:
            find(min(number, self.next), max(number, self.next), "the first line of %s does not follow from the records before it" % name)
            self.next = max(number, self.next)

    def record(self, line):
        n, middle, prev = self.next, line, self.prev
        m = LINE.fullmatch(line)
        if m is None:
            find(n, n + 1, "record %d is not in the format" % n)
        else:
            n, middle, prev = int(m[1]), m[2], m[3].decode()
            self.look(n, line)
        if n != self.next:
            find(min(n, self.next), max(n, self.next), "record %d stands where %d should" % (n, self.next))
        elif prev != self.prev:
            find(max(n, 1) - 1, n + 1, "record %d does not follow from the one before" % n)
        self.prints.append(self.h(b"\x02" + middle)[:8])
        leaf = self.h(b"\x00" + line)
        self.prev, self.next = leaf.hex(), n + 1
        s = self.size
        while s & 1:
            leaf = self.h(b"\x01" + self.tree.pop() + leaf)
            s >>= 1
        self.tree.append(leaf)
        self.size += 1
        self.root()

    def root(self):
        root = self.tree[-1] if self.tree else self.h(b"")
        for node in reversed(self.tree[:-1]):
            root = self.h(b"\x01" + node + root)
        self.roots[self.size] = root.hex()

    def look(self, n, line):
        try:
            r = json.loads(line)
            if r.get("kind") == "audit" and r.get("act") == "expire":
                if datetime.fromisoformat(r["time"]) - datetime.fromisoformat(r["last"]) < timedelta(days=180):
                    find(0, r["before"], "records were removed too early")
                self.covered |= r["before"] == self.first
            c = r.get("content")
            if c is None:
                return
            with open(os.path.join(self.folder, "%016d.content" % c["segment"]), "rb") as f:
                f.seek(c["at"])
                if self.h(f.read(c["bytes"])).hex() != c["hash"]:
                    find(n, n + 1, "the content of record %d is not what was recorded" % n)
        except FileNotFoundError:
            pass  # it was not handed over
        except (ValueError, KeyError, TypeError, AttributeError, OSError):
            find(n, n + 1, "record %d is not in the format" % n)


def locate(log, checkpoints):
    """Says by the fingerprints which records are not as they were signed."""
    signed, at = [], 0
    for c in checkpoints:
        prints = base64.b64decode(c.get("prints", ""))
        if c["size"] - at != len(prints) // 8:
            return  # there are none of some records
        signed += [prints[i:i + 8] for i in range(0, len(prints), 8)]
        at = c["size"]
    signed = signed[log.first:]
    if log.prints[:len(signed)] == signed:
        return
    i = next((i for i, (a, b) in enumerate(zip(signed, log.prints)) if a != b), min(len(signed), len(log.prints)))
    find(log.first + i, log.first + i + 1, "from record %d on the log is not the one that was signed" % (log.first + i))
    here = set(log.prints)
    gone = [log.first + i for i, p in enumerate(signed) if p not in here]
    for n in gone:
        find(n, n + 1, "record %d that was signed is nowhere" % n)


def hold(log, checkpoints, whose):
    good = log.first
    for c in checkpoints:
        if c["log"] != log.log:
            return find(log.first, c["size"], "%s: a checkpoint of another log, %s" % (whose, c["log"]))
        if c["size"] < log.first:
            continue
        root = log.roots.get(c["size"])
        if root is None:
            return find(log.size, c["size"], "%s: %d records were signed, and %d are here" % (whose, c["size"], log.size))
        if root != c["root"]:
            return find(good, c["size"], "%s: these are not the records that were signed on %s" % (whose, c["time"]))
        good = c["size"]


def signatures(checkpoints, keys):
    seen = set()
    for c in checkpoints:
        message = "\n".join(["hearth audit checkpoint 1", c["log"], c["hash"], str(c["size"]), c["root"], c["time"], c.get("prints", "")]) + "\n"
        text = message + json.dumps(c["signatures"])
        if text in seen:
            continue
        seen.add(text)
        for name, verify, point in keys:
            good = any(s["key"] == name and verify(point, message.encode(), base64.b64decode(s["signature"])) for s in c["signatures"])
            if not good:
                find(c["size"], c["size"], "the checkpoint of %d records of %s is not signed by key %s…" % (c["size"], c["time"], name[:16]))


def main(witness, pem, folder):
    outside = [json.loads(line) for line in whole_lines(witness)]
    log = Log(folder)
    own = []
    try:
        own = [json.loads(line) for line in whole_lines(os.path.join(folder, "checkpoints.jsonl"))]
    except (ValueError, OSError) as e:
        find(0, log.next, "checkpoints.jsonl: %s" % e)
    locate(log, outside)
    hold(log, outside, "the witness")
    hold(log, own, "the log's own checkpoints")
    have = {(c["size"], c["time"]): c["root"] for c in own}
    for c in outside:
        at = (c["size"], c["time"])
        if (at in have or c.get("prints")) and have.get(at) != c["root"]:
            find(c["size"], c["size"], "the log lacks the checkpoint of %d records of %s" % at)
    signatures(own + outside, list(keys_of(pem)))
    for f in found:
        print("FOUND %d-%d: %s" % f)
    print("log %s: records %d to %d were read; the witness vouches for those before %d" % (log.log, log.first, log.next - 1, outside[-1]["size"]))
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
