#!/bin/sh
# Sets up what Encours needs: `run` for the product, `test` for its tests. Needs git, make and Python 3.11 or newer.
# System libraries come from apt, as root or by sudo; without either, a sentence names the packages and the rest goes on.
set -eu
what=$1
python=${PYTHON:-python3}
venv=.venv

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "Encours needs Python 3.11 or newer; '$python' is not. Name another one: make PYTHON=python3.12 …" >&2
    exit 1
}

has_pango() { "$python" -c 'import ctypes.util, sys; sys.exit(not (ctypes.util.find_library("pango-1.0") and ctypes.util.find_library("pangoft2-1.0")))' 2>/dev/null; }
has_chromium() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }
has_venv() { "$python" -c 'import ensurepip' 2>/dev/null; }

wanted=""
has_venv || wanted="$wanted python3-venv"
has_pango || wanted="$wanted libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
if [ "$what" = test ]; then
    has_chromium || wanted="$wanted chromium libatomic1"
fi
if [ -n "$wanted" ]; then
    root=""
    [ "$(id -u)" = 0 ] || root="sudo -n"
    if command -v apt-get >/dev/null 2>&1 && { [ -z "$root" ] || sudo -n true 2>/dev/null; }; then
        echo "Installing system packages:$wanted"
        $root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null
        # shellcheck disable=SC2086
        $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >/dev/null
    else
        echo "Please have an administrator run: apt install$wanted" >&2
        echo "Without them letters (Pango) or browser tests (Chromium) do not work; the rest does." >&2
    fi
fi
has_venv || { echo "Python cannot make a virtual environment: apt install python3-venv" >&2; rm -rf $venv; exit 1; }

[ -x $venv/bin/python ] && $venv/bin/python -c 'import pip' 2>/dev/null || { rm -rf $venv; "$python" -m venv $venv; }
lock=requirements.lock
[ "$what" = test ] && lock=requirements-dev.lock
echo "Installing Python packages of $lock"
$venv/bin/python -m pip install -q --require-hashes -r $lock
