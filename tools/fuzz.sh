#!/bin/sh
# Runs every fuzz target of the tree for a time each, one after the other, and says
# how each ended. usage: fuzz.sh TIME [PACKAGE...]
set -eu
time=$1
shift
failed=0
for package in ${@:-$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...)}; do
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
		printf '%s %s: ' "$package" "$target"
		# Minimising inputs that are merely new takes most of the time and finds nothing.
		if out=$(go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1x "$package" 2>&1); then
			echo "$out" | grep -o 'execs: [0-9]*' | tail -1
		else
			echo FAILED
			echo "$out"
			failed=1
		fi
	done
done
exit $failed
