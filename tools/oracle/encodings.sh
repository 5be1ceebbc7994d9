#!/bin/sh
# Computes the words in internal/simd/genneon/testdata/encodings.txt anew with GNU's
# assembler (Debian: binutils-aarch64-linux-gnu 2.40). A new instruction is a new line
# with any word of eight digits.
set -eu
cd "$(dirname "$0")/../.."
golden=internal/simd/genneon/testdata/encodings.txt
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cut -c10- $golden >"$work/a.s"
aarch64-linux-gnu-as -march=armv8.2-a+dotprod -o "$work/a.o" "$work/a.s"
aarch64-linux-gnu-objdump -d "$work/a.o" | awk '$1 ~ /^[0-9a-f]+:$/ { print $2 }' >"$work/words"
paste -d ' ' "$work/words" "$work/a.s" >$golden
