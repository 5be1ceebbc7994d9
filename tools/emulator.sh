#!/bin/sh
# Installs what emulates an arm64 for the tests of its kernels, if it may. Without it
# those tests are skipped.
set -eu
if [ "$(uname -m)" = aarch64 ] || command -v qemu-aarch64 >/dev/null || command -v qemu-aarch64-static >/dev/null; then
	exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "installing qemu-user"
	if apt-get install -y -q --no-install-recommends qemu-user >/dev/null 2>&1; then
		exit 0
	fi
fi
echo "no qemu-user (Debian): the kernels of arm64 are not tested"
