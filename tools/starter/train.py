"""Trains the starter model. What was done is kept in OUT: the newest checkpoint, from
which the same command goes on after it was stopped, the losses as CSV, their curve.

    train.py --size 5m --data PACKED... --tokens 50e6 OUT

Matrices are stepped by Muon, the embedding and the norms by AdamW. The learning rate
rises over the first 2 % of the tokens, stays, and falls to nothing over the last 40 %.
The order of sequences follows from the seed, and the losses nearly: threads add up in no
fixed order. With --minutes it stops early and says so; the rate then has not fallen.
"""

import argparse
import csv
import dataclasses
import os
import pathlib
import time

import numpy as np
import torch

from model import SHAPES, Model

LENGTHS = (256, 512, 1024)
SAVE_SECONDS = 300


class Packed:
    """Sequences of one or more files from pack.py, in pieces of one length and so many
    tokens, which are computed at once. The last piece of each file is held back."""

    def __init__(self, paths, size):
        self.size, self.files, self.pieces, self.held = size, [], [], []
        for length in LENGTHS:
            for path in paths:
                name = f"{path}.{length}"
                self.files.append([np.memmap(name + kind, dtype, "r").reshape(-1, length) for kind, dtype in ((".tokens", "<u2"), (".learnt", "u1"))])
                f, n = len(self.files) - 1, size // length
                last = len(self.files[f][0]) // n - 1
                self.pieces += [(f, n, i) for i in range(last)]
                self.held.append((f, np.arange(last * n, (last + 1) * n)))

    def order(self, seed, epoch):
        """All sequences once, in pieces: of each file shuffled, then the pieces."""
        r = np.random.default_rng([seed, epoch])
        shuffled = {f: r.permutation(sum(n for g, n, _ in self.pieces if g == f)) for f in range(len(self.files))}
        return [(self.pieces[p][0], shuffled[self.pieces[p][0]][self.pieces[p][2] * self.pieces[p][1] :][: self.pieces[p][1]]) for p in r.permutation(len(self.pieces))]

    def batch(self, piece, device):
        f, places = piece
        tokens = torch.from_numpy(self.files[f][0][places].astype(np.int64))
        learnt = torch.from_numpy(self.files[f][1][places]).bool()
        targets = torch.full_like(tokens, -1)  # as long as the tokens: even sizes are quick
        targets[:, :-1] = torch.where(learnt[:, 1:], tokens[:, 1:], -1)
        return tokens.to(device, non_blocking=True), targets.to(device, non_blocking=True)


def rate(done, most):
    """The part of the learning rate that is due after a part of the tokens."""
    part = done / most
    return min(1.0, part / 0.02, max(0.0, (1 - part) / 0.4))


def optimizers(model, lr, fused):
    """Muon (Jordan 2024) for the matrices of the blocks, scaled to AdamW's step as in
    Moonlight (arXiv 2502.16982); AdamW for the rest. Each with its part of the rate."""
    blocks = [p for n, p in model.named_parameters() if p.dim() == 2 and n != "embed.weight"]
    rest = [p for n, p in model.named_parameters() if p.dim() != 2]
    muon = torch.optim.Muon(blocks, lr=lr, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw")
    groups = [{"params": [model.embed.weight], "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}]
    return [muon, torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95), eps=1e-8, fused=fused)]


class Run:
    def __init__(self, a):
        self.a, self.out = a, pathlib.Path(a.out)
        self.out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(a.seed)
        torch.set_num_threads(a.threads)
        self.cuda = torch.cuda.is_available()
        self.device = "cuda" if self.cuda else "cpu"
        if self.cuda:
            torch.set_float32_matmul_precision("high")
        self.data = Packed(a.data, a.micro)
        shape = dataclasses.replace(SHAPES[a.size], vocabulary=a.vocabulary)
        self.model = Model(shape).to(self.device)
        if a.begin:
            begun = torch.load(a.begin, map_location=self.device, weights_only=True)
            self.model.load_state_dict(begun.get("model", begun))
        self.opts = optimizers(self.model, a.lr, self.cuda)
        self.done, self.step, self.epoch, self.at, self.order = 0, 0, 0, 0, None
        self.resume()
        self.forward = self.model if a.no_compile else torch.compile(self.model, dynamic=False)

    def resume(self):
        path = self.out / "checkpoint.pt"
        if not path.exists():
            return
        c = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(c["model"])
        for opt, state in zip(self.opts, c["opts"], strict=True):
            opt.load_state_dict(state)
        self.done, self.step, self.epoch, self.at = c["place"]
        self.forget_later()
        print(f"going on after {self.done:,} tokens")

    def forget_later(self):
        """Drops the lines of the log that were written after the checkpoint."""
        path = self.out / "loss.csv"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        path.write_text("".join(x for x in lines if int(x.split(",")[0]) <= self.step))

    def save(self):
        path = self.out / "checkpoint.pt"
        shape = dataclasses.asdict(self.model.shape)
        torch.save({"model": self.model.state_dict(), "opts": [o.state_dict() for o in self.opts], "shape": shape,
                    "place": [self.done, self.step, self.epoch, self.at]}, path.with_suffix(".new"))
        os.replace(path.with_suffix(".new"), path)

    def pieces(self):
        """The next pieces of a step, in an order that only the seed decides."""
        if self.order is None:
            self.order = self.data.order(self.a.seed, self.epoch)
        if self.at + self.a.batch > len(self.order):
            self.epoch, self.at = self.epoch + 1, 0
            self.order = self.data.order(self.a.seed, self.epoch)
        self.at += self.a.batch
        return self.order[self.at - self.a.batch : self.at]

    def mixed(self):
        return torch.autocast(self.device, torch.bfloat16, enabled=self.cuda or self.a.bf16)

    def train_step(self):
        for group in (g for o in self.opts for g in o.param_groups):
            group["lr"] = self.a.lr * rate(self.done, self.a.tokens)
        batches = [self.data.batch(p, self.device) for p in self.pieces()]
        learnt, total = sum((t >= 0).sum() for _, t in batches), 0.0
        for tokens, targets in batches:
            with self.mixed():
                loss = self.model.loss(self.forward(tokens), targets) * ((targets >= 0).sum() / learnt)
            loss.backward()
            total += loss.detach()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for opt in self.opts:
            opt.step()
        self.model.zero_grad(set_to_none=True)
        self.done += len(batches) * self.a.micro
        self.step += 1
        return total, norm

    @torch.no_grad()
    def held(self):
        """Mean loss on the sequences that are not trained on."""
        losses = []
        for piece in self.data.held:
            with self.mixed():
                tokens, targets = self.data.batch(piece, self.device)
                losses.append(self.model.loss(self.model(tokens), targets))
        return torch.stack(losses).float().mean().item()

    def run(self):
        start = last = saved = time.monotonic()
        before = self.done
        with open(self.out / "loss.csv", "a", newline="") as f:
            log = csv.writer(f)
            while self.done < (self.a.until or self.a.tokens):
                loss, norm = self.train_step()
                if self.step % self.a.every == 0:
                    now = time.monotonic()
                    speed = (self.done - before) / (now - last)
                    last, before = now, self.done
                    held = self.held() if self.step % (self.a.every * 10) == 0 else ""
                    log.writerow([self.step, self.done, f"{loss.item():.4f}", held and f"{held:.4f}", f"{norm.item():.3f}", f"{speed:.0f}"])
                    f.flush()
                    print(f"step {self.step}  {self.done / 1e6:.2f}M tokens  loss {loss.item():.3f}  {held and f'held {held:.3f}  '}{speed:,.0f} tokens/s", flush=True)
                if time.monotonic() - saved > SAVE_SECONDS:
                    self.save()
                    saved = time.monotonic()
                if self.a.minutes and time.monotonic() - start > self.a.minutes * 60:
                    print("stopped by --minutes before the rate fell")
                    break
        self.save()
        draw(self.out)


def draw(out):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = list(csv.reader(open(out / "loss.csv")))
    plt.figure(figsize=(7, 4))
    plt.plot([float(r[1]) / 1e6 for r in rows], [float(r[2]) for r in rows], lw=0.7, label="training")
    held = [r for r in rows if r[3]]
    plt.plot([float(r[1]) / 1e6 for r in held], [float(r[3]) for r in held], label="held back")
    plt.xlabel("million tokens")
    plt.ylabel("loss")
    plt.legend()
    plt.savefig(out / "loss.png", dpi=120, bbox_inches="tight")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--size", choices=SHAPES, default="5m")
    p.add_argument("--data", nargs="+", required=True)
    p.add_argument("--tokens", type=float, required=True)
    p.add_argument("--until", type=float, help="stop after so many of the tokens, before the rate has fallen, for a run that goes on from there")
    p.add_argument("--batch", type=int, default=2, help="pieces a step")
    p.add_argument("--micro", type=int, default=4096, help="tokens of a piece, computed at once")
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--from", dest="begin", metavar="WEIGHTS.pt", help="go on from a model that was exported (begin.py), or from the checkpoint of another run, instead of from nothing")
    p.add_argument("--bf16", action="store_true", help="on a CPU that has it")
    p.add_argument("--no-compile", action="store_true")
    p.add_argument("--minutes", type=float, default=0)
    p.add_argument("--every", type=int, default=10, help="steps between lines of the log")
    p.add_argument("--vocabulary", type=int, default=8192)
    p.add_argument("out")
    Run(p.parse_args()).run()


if __name__ == "__main__":
    main()
