#!/bin/sh
# Installs Debian's Chromium where there is none and we may; says in one line what is skipped where we may not.
command -v chromium >/dev/null || command -v chromium-browser >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "Chromium is missing, so the browser tests are skipped. To get it: sudo apt-get install chromium"
