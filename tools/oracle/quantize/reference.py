"""Writes internal/quantize/testdata/llama.json: the format and the SHA-256 of every
tensor that llama.cpp makes of the models which `go run ./tools/oracle/quantize FOLDER`
has written, by recipe.

usage: reference.py FOLDER
"""

import ctypes
import hashlib
import json
import pathlib
import struct
import sys

import llama_cpp

OUT = pathlib.Path(__file__).parents[3] / "internal/quantize/testdata/llama.json"
RECIPES = {"Q4_0": 2, "Q4_K_M": 15, "Q5_K_M": 17, "Q6_K": 18, "Q8_0": 7}

# Name, numbers and bytes of a block, of the formats that come up.
FORMATS = {0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24),
           8: ("Q8_0", 32, 34), 12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 30: ("BF16", 1, 2)}
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


class Reader:
    """Just as much of GGUF as it takes to find the tensors."""

    def __init__(self, data):
        self.data, self.at = data, 24
        tensors, pairs = struct.unpack_from("<QQ", data, 8)
        for _ in range(pairs):
            self.text()
            self.skip(self.number("<I"))
        entries = []
        for _ in range(tensors):
            name = self.text()
            shape = [self.number("<Q") for _ in range(self.number("<I"))]
            entries.append((name, shape, self.number("<I"), self.number("<Q")))
        base = (self.at + 31) // 32 * 32
        self.tensors = {}
        for name, shape, kind, offset in entries:
            label, length, size = FORMATS[kind]
            count = 1
            for d in shape:
                count *= d
            bytes_ = data[base + offset : base + offset + count // length * size]
            self.tensors[name] = label + " " + hashlib.sha256(bytes_).hexdigest()[:16]

    def number(self, form):
        value = struct.unpack_from(form, self.data, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def text(self):
        n = self.number("<Q")
        self.at += n
        return self.data[self.at - n : self.at].decode()

    def skip(self, kind):
        if kind == 8:
            self.text()
        elif kind == 9:
            of, n = self.number("<I"), self.number("<Q")
            for _ in range(n):
                self.skip(of)
        else:
            self.at += SIZES[kind]


@llama_cpp.llama_log_callback
def quiet(level, text, data):
    if level >= 4:
        sys.stderr.write(text.decode(errors="replace"))


def main():
    llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
    folder = pathlib.Path(sys.argv[1])
    out = {}
    for path in sorted(folder.glob("*.gguf")):
        out[path.stem] = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "recipes": {}}
        for name, number in RECIPES.items():
            params = llama_cpp.llama_model_quantize_default_params()
            params.nthread, params.ftype = 1, number
            to = folder / "quantised"
            assert llama_cpp.llama_model_quantize(str(path).encode(), str(to).encode(), ctypes.byref(params)) == 0, path
            out[path.stem]["recipes"][name] = Reader(to.read_bytes()).tensors
            to.unlink()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
