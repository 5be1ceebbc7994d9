#!/bin/sh
# Trains the starter model from nothing to a measured file, in build/starter. What is
# already there is not made again; training goes on where it was stopped.
# usage: TORCH=PYTHON starter.sh SIZE TOKENS NAME=FOLDER...
# CMRC and XQUAD may name the files of the public questions, LLAMA a Python with llama.cpp.
set -eu
size=$1 tokens=$2
shift 2
here=tools/starter out=build/starter
rows=250000 # of each of the seeds; four give some 180 million tokens
seeds="1 2 3 4"
mkdir -p "$out"
go build -o "$out/" ./tools/starter/passages ./tools/starter/tokenize
[ -s "$out/texts.jsonl" ] || "$TORCH" $here/collect.py "$out/texts.jsonl" "$@"
packed=
for seed in $seeds; do
	made=$out/rows.$seed.jsonl
	if [ ! -s "$made" ]; then
		"$TORCH" $here/generate.py --seed "$seed" --rows $rows --texts "$out/texts.jsonl" --passages "$out/passages" "$made.part"
		"$TORCH" $here/leakage.py "$made.part"
		mv "$made.part" "$made"
	fi
	[ -s "$out/tokenizer.json" ] || "$TORCH" $here/train_tokenizer.py "$out/tokenizer.json" "$out/texts.jsonl" "$made"
	[ -s "$out/packed.$seed.tokens" ] || "$TORCH" $here/pack.py "$out/tokenizer.json" "$made" "$out/packed.$seed"
	packed="$packed $out/packed.$seed"
done
bf16=
grep -qs avx512_bf16 /proc/cpuinfo && bf16=--bf16
# shellcheck disable=SC2086
"$TORCH" $here/train.py --size "$size" --tokens "$tokens" --data $packed $bf16 "$out/$size"
model=$out/starter-$size.gguf
"$TORCH" $here/export.py "$out/$size/checkpoint.pt" "$out/tokenizer.json" "$model"
"$TORCH" $here/parity.py --hearth bin/hearth --tokenize "$out/tokenize" --tokenizer "$out/tokenizer.json" \
	--rows "$out/rows.1.jsonl" ${LLAMA:+--llama "$LLAMA"} "$model"
"$TORCH" $here/evaluate.py --hearth bin/hearth --passages "$out/passages" ${CMRC:+--cmrc "$CMRC"} ${XQUAD:+--xquad "$XQUAD"} \
	--answers "$out/answers-$size.jsonl" "$model"
