#!/bin/sh
# Everything docs/performance.md reports, hearth and its peers in one run on one
# machine. usage: bench.sh VENV
set -eu
python=$1/bin/python
shared=../shared
model=build/bench/model.gguf

echo "== machine"
grep -m1 'model name' /proc/cpuinfo || uname -m
echo "$(nproc) processors, $(go version)"
"$python" -m pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(llama|tokenizers|tiktoken)' || true

echo "== tokenizer, MB/s (hearth's are in the MB/s column)"
make -s build/tokenizer/.vocabularies
if [ -d "$shared/data" ]; then
	"$python" tools/oracle/tokenizer/corpus.py --shared $shared >/dev/null
	"$python" tools/oracle/tokenizer/bench.py --shared $shared
fi
go test -run '^$' -bench 'Encode|Decode|New' ./internal/tokenizer

echo "== kernels"
go test -run '^$' -bench . ./internal/simd

echo "== one model, one request: tokens per second"
for weights in Q4_K Q8_0; do
	go run ./tools/model -weights $weights $model
	bin/hearth bench --data build/bench/data --model $model --prompt 64 --generate 32
	"$python" tools/oracle/speed.py $model 64 32 "$(nproc)"
done

echo "== the binary: start and memory"
go run ./tools/footprint $model
