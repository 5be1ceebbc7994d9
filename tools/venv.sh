#!/bin/sh
# Installs requirement files into a Python virtual environment, making it first.
# usage: venv.sh FOLDER FILE...
set -eu
venv=$1
shift
if [ ! -x "$venv/bin/python" ]; then
	if ! python3 -m venv "$venv" 2>/dev/null; then
		# Debian keeps venv in a package of its own.
		apt-get install -y -q python3-venv >/dev/null
		python3 -m venv "$venv"
	fi
fi
# llama.cpp is compiled here. The tests ask it for correctness, not speed, so the
# parts that take longest to compile and the tuning for this machine stay out.
CMAKE_ARGS="${CMAKE_ARGS:--DLLAVA_BUILD=OFF -DGGML_NATIVE=OFF -DGGML_LLAMAFILE=OFF -DGGML_OPENMP=OFF -DCMAKE_C_FLAGS_RELEASE=-O1 -DCMAKE_CXX_FLAGS_RELEASE=-O1}"
export CMAKE_ARGS
for file in "$@"; do
	echo "installing what $file names"
	! grep -q llama-cpp "$file" || echo "(llama.cpp is compiled the first time, which takes minutes)"
	"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$file"
done
