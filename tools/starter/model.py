"""Qwen3's architecture in PyTorch: pre-norm blocks of grouped-query attention with
normalised heads and rotation, and SwiGLU; the embedding is the output matrix too."""

import dataclasses
import math

import torch
import torch.nn.functional as F
from torch import nn


@dataclasses.dataclass
class Shape:
    layers: int
    width: int
    heads: int
    kv_heads: int
    head: int  # width of a head
    inner: int  # width of the feed-forward blocks
    vocabulary: int = 8192
    context: int = 1024
    rope_base: float = 10000.0
    epsilon: float = 1e-6


# 5m is what two processor cores train in hours; 15m fills the 16 MB that the binary
# spares, in Q8_0.
SHAPES = {
    "5m": Shape(layers=6, width=256, heads=4, kv_heads=2, head=64, inner=640),
    "15m": Shape(layers=8, width=384, heads=6, kv_heads=2, head=64, inner=896),
}


class Norm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x):
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.epsilon)


class Block(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.shape = s
        self.attn_norm = Norm(s.width, s.epsilon)
        self.q = nn.Linear(s.width, s.heads * s.head, bias=False)
        self.k = nn.Linear(s.width, s.kv_heads * s.head, bias=False)
        self.v = nn.Linear(s.width, s.kv_heads * s.head, bias=False)
        self.o = nn.Linear(s.heads * s.head, s.width, bias=False)
        self.q_norm = Norm(s.head, s.epsilon)
        self.k_norm = Norm(s.head, s.epsilon)
        self.ffn_norm = Norm(s.width, s.epsilon)
        self.gate = nn.Linear(s.width, s.inner, bias=False)
        self.up = nn.Linear(s.width, s.inner, bias=False)
        self.down = nn.Linear(s.inner, s.width, bias=False)

    def forward(self, x, cos, sin):
        s, (batch, length, _) = self.shape, x.shape
        h = self.attn_norm(x)
        q = self.q_norm(self.q(h).view(batch, length, s.heads, s.head)).transpose(1, 2)
        k = self.k_norm(self.k(h).view(batch, length, s.kv_heads, s.head)).transpose(1, 2)
        v = self.v(h).view(batch, length, s.kv_heads, s.head).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        x = x + self.o(a.transpose(1, 2).reshape(batch, length, -1))
        h = self.ffn_norm(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


def rotate(x, cos, sin):
    """The two halves of a head are the pairs that are rotated."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)


class Model(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.width, shape.epsilon)
        angles = torch.outer(torch.arange(shape.context).float(), shape.rope_base ** (-torch.arange(0, shape.head, 2).float() / shape.head))
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * shape.layers) if name.endswith(("o.weight", "down.weight")) else 0.02)

    def forward(self, tokens):
        """What is known before the output matrix: (batch, length, width)."""
        x = self.embed(tokens)
        cos, sin = self.cos[: tokens.shape[1]].to(x.dtype), self.sin[: tokens.shape[1]].to(x.dtype)
        for block in self.blocks:
            x = block(x, cos, sin)
        return self.norm(x)

    def logits(self, hidden):
        return hidden @ self.embed.weight.T.to(hidden.dtype)

    def loss(self, hidden, targets):
        """Mean cross entropy over the targets that are not -1. Only their rows meet the
        output matrix, which for a small model is most of the work."""
        wanted = targets >= 0
        return F.cross_entropy(self.logits(hidden[wanted]).float(), targets[wanted])


def parameters(shape):
    return sum(p.numel() for p in Model(shape).parameters())
