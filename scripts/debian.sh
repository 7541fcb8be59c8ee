# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# debian.sh, sourced by the scripts that take packages from Debian's archive: the cache, messages,
# and an apt state of our own below the cache, so that nothing of this system is changed.
# The script that sources it sets $name, which begins its messages, and may set $arch, whose packages
# it wants (default: ppc64el, the guest's).

cache=${PEFEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pefemu}
arch=${arch:-ppc64el}
apt=$cache/apt
[ "$arch" = ppc64el ] || apt=$apt-$arch
# shellcheck disable=SC2154
say() { echo "$name: $*" >&2; }
die() { say "$*"; exit 1; }
mkdir -p "$cache"

# lock FILE: two runs at once must not write into each other. Held until the script ends.
lock() {
    if command -v flock >/dev/null; then
        exec 9>"$cache/$1.lock"
        flock 9
    fi
}

# The Debian parts of this system's sources, for any architecture.
write_sources() {
    mkdir -p "$apt/sources.list.d"
    rm -f "$apt/sources.list" "$apt/sources.list.d"/*
    : >"$apt/sources.list"
    for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$f" ] || continue
        # A broken or third-party line would only get in the way.
        if grep -q '^Types:' "$f"; then
            write_deb822 "$f"
            continue
        fi
        sed -n 's/\[\([^]]*\)arch=[^] ]*/[\1/; s/\[ *\]//; /^deb[ \t].*debian/p' "$f" \
            >>"$apt/sources.list"
    done
    for f in /etc/apt/sources.list.d/*.sources; do
        [ -f "$f" ] && write_deb822 "$f"
    done
    [ -s "$apt/sources.list" ] || ls "$apt/sources.list.d"/*.sources >/dev/null 2>&1 ||
        die "this system has no sources of Debian's archive below /etc/apt"
}
write_deb822() {
    out=$apt/sources.list.d/$(basename "$1" .list).sources
    awk 'BEGIN { RS = ""; ORS = "\n\n" } /\nURIs:[^\n]*debian|^URIs:[^\n]*debian/' "$1" |
        sed '/^Architectures:/d; /^#/d' >"${out%.sources}.sources"
    [ -s "$out" ] || rm -f "$out"
}
write_apt_conf() {
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/state" "$apt/preferences.d"
    : >"$apt/state/status"
    cat >"$apt/apt.conf" <<CONF
#clear APT::Architectures;
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "root";
APT::Get::AllowUnauthenticated "false";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "$apt/state";
Dir::State::status "$apt/state/status";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/sources.list.d";
Dir::Etc::preferencesparts "$apt/preferences.d";
CONF
}

# package_behind METAPACKAGE PATTERN: the package that it depends on and that matches.
package_behind() {
    apt-cache -c "$apt/apt.conf" show --no-all-versions "$1" 2>/dev/null |
        sed -n "s/^Depends: *\($2\).*/\1/p" | head -n 1
}
# apt_begin METAPACKAGE PATTERN: fresh lists of the archive; $package is what package_behind finds.
# Other scripts wait until apt_end.
apt_begin() {
    for tool in apt-get dpkg-deb; do
        command -v $tool >/dev/null || die "apt and dpkg are needed to fetch Debian's packages"
    done
    if command -v flock >/dev/null; then
        exec 8>"$cache/apt.lock"
        flock 8
    fi
    write_sources
    write_apt_conf
    refresh_lists "$@"
    [ -n "$package" ] ||
        { tail -n 3 "$apt/update.log" >&2; die "no package $1 found; is the network up?"; }
}
refresh_lists() {
    apt-get -c "$apt/apt.conf" -q update >"$apt/update.log" 2>&1 || true
    package=$(package_behind "$@")
}
apt_end() { exec 8>&-; }

fetch() { # fetch PACKAGE DIRECTORY: download, check (apt does), unpack
    rm -rf "$2" "$apt/download"
    mkdir -p "$2" "$apt/download"
    (cd "$apt/download" && apt-get -c "$apt/apt.conf" -q download "$1") >"$apt/download.log" 2>&1 ||
        { tail -n 3 "$apt/download.log" >&2; die "can not download $1"; }
    dpkg-deb -x "$apt/download"/*.deb "$2" || die "can not unpack $1"
    rm -rf "$apt/download"
}
