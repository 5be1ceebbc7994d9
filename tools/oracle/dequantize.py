"""Writes internal/simd/testdata/widen.json: blocks of random bytes in every storage
format, and the numbers that gguf-py reads from them."""

import json
import pathlib

import gguf
import numpy as np

OUT = pathlib.Path(__file__).parents[2] / "internal/simd/testdata/widen.json"

# Where the half-precision scales of a block stand; the rest of it may be any bytes.
HALVES = {
    "F16": [0], "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2],
    "IQ4_NL": [0], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}
BLOCKS = 2


def blocks(rng, kind):
    length, size = gguf.GGML_QUANT_SIZES[kind]
    count = 64 if length == 1 else BLOCKS
    data = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for at in HALVES.get(kind.name, []):
        scales = rng.normal(0, 1, count).astype(np.float16)
        data[:, at : at + 2] = scales.view(np.uint8).reshape(count, 2)
    if kind.name in ("F32", "BF16"):
        data[:, -1] &= 0xBF  # keep the exponent away from infinities
    return data.reshape(1, -1)


def main():
    rng = np.random.default_rng(7)
    cases = []
    for name in ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "Q4_K", "Q5_K", "Q6_K", "MXFP4"]:
        kind = gguf.GGMLQuantizationType[name]
        data = blocks(rng, kind)
        numbers = gguf.dequantize(data, kind).astype(np.float32).ravel()
        bits = [f"{b:08x}" for b in numbers.view(np.uint32).tolist()]
        cases.append({"format": name, "bytes": data.tobytes().hex(), "float32": "".join(bits)})
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
