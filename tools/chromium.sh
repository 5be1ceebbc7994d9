#!/bin/sh
# Installs Chromium for the console's tests, by its Debian name, where that is possible.
set -eu
! command -v chromium >/dev/null 2>&1 || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
	echo "there is no Chromium: the console is tested without a browser (apt-get install chromium)"
	exit 0
fi
echo "installing Chromium"
export DEBIAN_FRONTEND=noninteractive
timeout 600 apt-get install -y -q --no-install-recommends chromium fonts-noto-cjk >/dev/null 2>&1 ||
	{ apt-get update -q >/dev/null 2>&1 && timeout 600 apt-get install -y -q --no-install-recommends chromium fonts-noto-cjk >/dev/null 2>&1; } ||
	echo "Chromium could not be installed: the console is tested without a browser"
