#!/bin/sh
# Makes this folder ready to work: ./setup.sh run | test | peers   (the Makefile calls it; calling it again costs nothing)
#
# run    .venv with what the lock file names, checked by hash, and .venv/bin/textbank
# test   that, with the tools of the tests: Debian's Chromium, DejaVu fonts, ser2net, a C compiler, and umockdev (USB sticks that are not there)
# peers  that, with Debian's gammu, smstools, gnokii, kannel and ModemManager
#
# System packages come by apt, only when this user may (root, or sudo that asks for no password); else one line says what to install.
# Promises: an interrupted set-up is finished by the next call; what is already there is left alone. Fails with one line and exit 1.

set -eu
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1
VENV=.venv
LOG=$VENV/setup.log

# Two of us at once would install over each other; the second waits for the first.
exec 9<setup.sh
if command -v flock >/dev/null 2>&1; then flock 9; fi

say() { printf 'set-up: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

as_root() {  # empty for root, "sudo -n" where that works, "no" otherwise
    if [ "$(id -u)" = 0 ]; then echo ""
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then echo "sudo -n"
    else echo "no"; fi
}

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

lists_are_old() {  # no package list younger than a day
    [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mtime -1 2>/dev/null | head -n 1)" ]
}

apt_get() {  # $1: how to be root; the rest: apt-get's arguments
    root=$1
    shift
    # shellcheck disable=SC2086  # "sudo -n" is two words, or none
    $root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# Installs those of the named Debian packages that are missing. Returns 1 when it may not or cannot; then MEND is the command that would.
packages() {
    missing=""
    for package in "$@"; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    MEND="sudo apt-get install$missing"
    command -v apt-get >/dev/null 2>&1 || { MEND="install:$missing (there is no apt-get here)"; return 1; }
    root=$(as_root)
    [ "$root" != no ] || return 1
    say "apt-get install$missing"
    apt_log=$(mktemp)
    if lists_are_old; then apt_get "$root" update >"$apt_log" 2>&1 || true; fi
    # shellcheck disable=SC2086  # one word a package
    if apt_get "$root" install -y --no-install-recommends $missing >"$apt_log" 2>&1 \
        || { apt_get "$root" update >>"$apt_log" 2>&1 && apt_get "$root" install -y --no-install-recommends $missing >>"$apt_log" 2>&1; }
    then
        rm -f "$apt_log"
        return 0
    fi
    tail -n 5 "$apt_log" >&2
    rm -f "$apt_log"
    return 1
}

# A Python of 3.11 or newer that can make an environment; prints its path. Returns 1 when there is none. The system's own comes
# first: it is kept up to date with the system, stays when somebody's pyenv goes, and Debian's is built to be faster (by a fifth).
# PYTHON=/path/to/python chooses one.
find_python() {
    for name in ${PYTHON:-/usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11}; do
        found=$(command -v "$name" 2>/dev/null) || continue
        "$found" -c 'import ensurepip, sqlite3, ssl, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
            && { echo "$found"; return 0; }
    done
    return 1
}

digest() { cat "$@" | sha256sum | cut -c 1-32; }

make_venv() {
    # The programs in it begin with its full path, so a folder that was moved needs a new one.
    if [ "$(cat $VENV/folder 2>/dev/null || pwd -P)" = "$(pwd -P)" ] && [ -x $VENV/bin/python ] \
        && $VENV/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        return 0
    fi
    python=$(find_python) || {
        packages python3 python3-venv || stop "Textbank needs Python 3.11 or newer with venv. Run: $MEND"
        python=$(find_python) || stop "Textbank needs Python 3.11 or newer; none was found in PATH. PYTHON=/path/to/python names one."
    }
    [ ! -L $VENV ] || rm $VENV  # --clear would empty the environment that it leads to, under whoever works with that
    say "Python environment in $VENV, with $("$python" --version)"
    "$python" -m venv --clear $VENV || stop "$python could not make $VENV (see above). Free some disk space, then run this again."
    pwd -P >$VENV/folder
}

# $1: the lock file; the rest: stamps that hold afterwards. A stamp is the digest of all that decides what is in .venv.
environment() {
    lock=$1
    shift
    make_venv
    want=$(digest "$lock" pyproject.toml)
    if [ "$(cat "$VENV/stamp-$1" 2>/dev/null)" = "$want" ] && [ -x $VENV/bin/textbank ]; then
        return 0
    fi
    rm -f $VENV/stamp-*
    say "$(grep -c '==' "$lock") packages from $lock"
    $VENV/bin/python -m pip install --quiet --require-hashes -r "$lock" >$LOG 2>&1 \
        || { tail -n 5 $LOG >&2; stop "pip could not install what $lock names (the lines above; all of them in $LOG). Mend it, then run this again."; }
    say "$VENV/bin/textbank"
    $VENV/bin/python -m pip install --quiet --no-build-isolation --no-deps --editable . >$LOG 2>&1 \
        || { tail -n 5 $LOG >&2; stop "pip could not install Textbank itself (the lines above; all of them in $LOG)."; }
    $VENV/bin/textbank --version >/dev/null || stop "$VENV/bin/textbank does not start (see above)."
    while [ $# -gt 0 ]; do
        if [ "$1" = run ]; then digest requirements.lock pyproject.toml; else echo "$want"; fi >"$VENV/stamp-$1"
        shift
    done
}

# Debian starts daemons when it installs them, and these would take the modems. $1: packages with a daemon, package:service where the
# names differ; the rest: what to install. A daemon that was here before is left as it is, one that we bring never starts.
tame_packages() {
    ours=""
    for daemon in $1; do is_installed "${daemon%:*}" || ours="$ours ${daemon#*:}"; done
    shift
    [ -n "$ours" ] || { packages "$@"; return; }
    root=$(as_root)
    systemd() { if [ -d /run/systemd/system ] && [ "$root" != no ]; then $root systemctl --quiet "$@" || true; fi; }
    for service in $ours; do systemd mask --runtime "$service.service"; done
    done=0
    packages "$@" || done=1
    for service in $ours; do
        systemd unmask --runtime "$service.service"
        systemd disable "$service.service"
        if [ "$done" = 0 ] && [ ! -d /run/systemd/system ] && [ -x "/etc/init.d/$service" ]; then
            $root "/etc/init.d/$service" stop >/dev/null 2>&1 || true
        fi
    done
    return "$done"
}

case "${1:-}" in
    run) environment requirements.lock run ;;
    test)
        environment requirements-dev.lock test run
        tame_packages "ser2net" chromium-headless-shell fonts-dejavu-core ser2net udev systemd umockdev gir1.2-umockdev-1.0 python3-gi gcc libc6-dev e2fsprogs \
            || say "not installed, so the tests that need it are reported as not run. Run: $MEND"
        ;;
    peers)
        environment requirements-dev.lock test run
        tame_packages "gammu-smsd smstools kannel modemmanager:ModemManager" \
            gammu gammu-smsd smstools gnokii-cli kannel modemmanager dbus-daemon dbus-bin || say "not installed, so the tests that need it are reported as not run. Run: $MEND"
        ;;
    *) stop "call it as ./setup.sh run, ./setup.sh test or ./setup.sh peers" ;;
esac
