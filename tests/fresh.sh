#!/bin/sh
# tests/fresh.sh [COMMAND]: does a newcomer's machine get there? Makes an empty Debian 12 in a temporary folder, puts a
# fresh clone of the last commit in, and there runs ./run.sh and make test (or COMMAND). Needs root and debootstrap.
set -eu

command="${1:-./run.sh && make test}"
repo=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
suite=bookworm
for tool in debootstrap git unshare chroot; do
    command -v "$tool" >/dev/null || { echo "tests/fresh.sh needs $tool" >&2; exit 2; }
done
[ "$(id -u)" -eq 0 ] || { echo 'tests/fresh.sh needs root, to make device files and to change the root' >&2; exit 2; }

root=$(mktemp -d "${TMPDIR:-/tmp}/reach-fresh.XXXXXX")
chmod 755 "$root"       # apt fetches as a user of its own
trap 'rm -rf --one-file-system -- "$root"' EXIT
trap 'exit 1' INT TERM

# From where this machine installs; if it says nothing, from debootstrap's own default.
# shellcheck disable=SC2016  # apt fills the names in
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | awk -v s="$suite" '$2 == s { print $1; exit }')
debootstrap --variant=minbase "$suite" "$root" ${mirror:+"$mirror"}
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
git clone --quiet "$repo" "$root/root/reach"

# The mounts live in a namespace of their own: they are gone when the command ends, before the folder is removed.
start=$(date +%s)
status=0
# shellcheck disable=SC2016  # the inner shell expands its own arguments
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 NO_COLOR=1 \
    http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" \
    unshare --mount --propagation private sh -c '
        mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/tmp" && mount -t devpts devpts "$1/dev/pts"
        exec chroot "$1" sh -c "cd /root/reach && $2"' sh "$root" "$command" < /dev/null || status=$?
echo "fresh: exit status $status after $(($(date +%s) - start)) s: $command"
exit "$status"
