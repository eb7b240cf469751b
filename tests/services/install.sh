#!/bin/sh
# Installs what the tests talk to and only Debian has. Without the right to do so it says how; the tests then skip.
set -eu
wanted=
have() {
    command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]
}
have dovecot || wanted="$wanted dovecot-imapd"
[ -x /usr/lib/dovecot/lmtp ] || wanted="$wanted dovecot-lmtpd"
# Debian has the browser without its windows too: a page costs a third less, and there are thousands.
browser=chromium
if grep -qs '^ID=debian' /etc/os-release; then browser=chromium-headless-shell; fi
have "$browser" || wanted="$wanted $browser"
have clamd || wanted="$wanted clamav-daemon"
have strace || wanted="$wanted strace"
[ -n "$wanted" ] || exit 0
if [ "$(id -u)" != 0 ] || ! have apt-get; then
    echo "Some tests need more; install it with:  sudo apt-get install$wanted"
    exit 0
fi
echo "Installing$wanted."
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# The packages' own services are not wanted here: the tests start servers of their own.
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made=1
fi
trap '[ -z "$made" ] || rm -f "$policy"' EXIT
# shellcheck disable=SC2086 # a list of words
apt-get install -qq -y --no-install-recommends $wanted >/dev/null
