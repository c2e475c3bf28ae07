#!/bin/sh
# ./run.sh             install what is missing, build, run configs/quick.yaml, show its table, picture and report
# ./run.sh reproduce [BUDGET]    the main experiments (the list below) under a budget (quick), and one report page on all of them
# ./run.sh table NAME [OPTIONS]  run configs/NAME.yaml, show its table, write its report; OPTIONS such as --budget short
# ./run.sh ARGS        install, build, then: reach ARGS
# ./run.sh --packages  print the Debian packages Reach needs (this is the one list of them)
# ./run.sh --check     say which of them are missing, and exit 1 if any is
# ./run.sh --install   install them, and nothing else
set -eu

packages='gcc libc6-dev make pkg-config libopenblas-dev libsleef-dev librandom123-dev libhdf5-dev libyaml-dev libgsl-dev
liblzma-dev zlib1g-dev libpng-dev libxxhash-dev libcurl4-openssl-dev libssl-dev libarchive-dev gnuplot-nox fonts-dejavu-core
libcmocka-dev bible-kjv xz-utils'

# What `reproduce` runs, those of these that there are.
experiments='lra extrapolation cost'

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

bold='' plain=''
if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
say() { printf '%s%s%s\n' "$bold" "$*" "$plain" >&2; }     # to stderr: stdout belongs to reach

debian() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

# The packages that are not installed, on one line. Elsewhere than on Debian: the libraries pkg-config does not find.
missing() {
    if debian; then
        # shellcheck disable=SC2086  # a list of words
        installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $packages 2>/dev/null | sed -n 's/^installed //p') || true
        for p in $packages; do
            case "
$installed
" in *"
$p
"*) ;; *) printf '%s ' "$p" ;; esac
        done
    else
        for p in openblas hdf5 yaml-0.1 gsl liblzma zlib libpng libxxhash libcurl libarchive libcrypto cmocka; do
            pkg-config --exists "$p" 2>/dev/null || printf '%s ' "$p"
        done
        for p in gcc make gnuplot; do
            command -v "$p" >/dev/null || printf '%s ' "$p"
        done
    fi
}

install() {
    lack=$(missing)
    [ -n "$lack" ] || return 0
    if ! debian; then
        say "This is not a Debian system, and these were not found: $lack"
        say "Reach also needs SLEEF and Random123. Install them all with your system's package manager, then run this again."
        return 1
    fi
    root=''
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { say "As root, run: apt-get install $lack"; return 1; }
        root=sudo
    fi
    say "Installing: $lack"
    # shellcheck disable=SC2086
    {
        $root env DEBIAN_FRONTEND=noninteractive apt-get -q update
        $root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $lack
    } >&2
}

check() {
    lack=$(missing)
    [ -n "$lack" ] || return 0
    say "Not installed: $lack"
    say 'To install: ./run.sh --install   (to build without this check: make NO_CHECK=1)'
    return 1
}

build() {
    say 'Building...'
    make -C "$here" --silent --no-print-directory -j"$(nproc 2>/dev/null || echo 2)" all >&2
}

quick() {
    cd -- "$here"
    build/reach data make kjv
    build/reach run configs/quick.yaml
    # To a file first and then shown, as the status of a pipe would be that of its end.
    build/reach table configs/quick.yaml > results/quick/table.txt
    build/reach plot configs/quick.yaml
    build/reach report configs/quick.yaml > /dev/null
    echo
    cat results/quick/table.txt
    echo
    echo "Table:    $here/results/quick/table.txt"
    for f in results/quick/*.png; do echo "Picture:  $here/$f"; done
    echo "Report:   $here/results/quick/report.html"
    echo "HDF5:     $here/results/quick/*.h5 ($(find results/quick -name '*.h5' | wc -l) runs)"
    echo 'Try next: ./run.sh list variants               what can be compared'
    echo '          ./run.sh list configs                experiments that are ready to run'
    echo '          ./run.sh run configs/quick.yaml --budget short    the same, trained for longer'
}

# Data that a config needs and Debian has: one more package.
need_data() {
    if grep -q 'image-fashion' "$@"; then packages="$packages dataset-fashion-mnist"; fi
}

# A run that diverges or is stale spoils neither the others nor the page, which says so; anything else ends it here.
train() {
    code=0
    build/reach run "$@" || code=$?
    [ "$code" -le 1 ] || exit "$code"
    [ "$code" -eq 0 ] || failed=1
}

reproduce() {
    budget=${1:-quick}
    files=''
    for name in $experiments; do [ ! -f "$here/configs/$name.yaml" ] || files="$files configs/$name.yaml"; done
    cd -- "$here"
    # shellcheck disable=SC2086  # a list of words
    need_data $files
    install
    build
    build/reach data make kjv
    for file in $files; do
        say "$file"
        train "$file" --budget "$budget"
    done
    echo
    # shellcheck disable=SC2086
    page=$(build/reach report $files --budget "$budget" --out results/report.html)
    echo "Report:   $here/$page"
    exit "$failed"
}

table() {
    file=configs/$1.yaml
    shift
    cd -- "$here"
    need_data "$file"
    install
    build
    build/reach data make kjv
    train "$file" "$@"
    echo
    build/reach table "$file" "$@"
    echo
    page=$(build/reach report "$file" "$@")
    echo "Report:   $here/$page"
    exit "$failed"
}

failed=0
case "${1:-}" in
    --packages) echo "$packages"; exit ;;
    --check)    check; exit ;;
    --install)  install; exit ;;
    reproduce)  shift; reproduce "$@" ;;
    table)      case "${2:-}" in '' | -* | */* | *.*) ;; *) if [ -f "$here/configs/$2.yaml" ] && [ ! -e "$2" ]; then shift; table "$@"; fi ;; esac ;;
esac
install
build
if [ $# -eq 0 ]; then quick; exit; fi
# Files named in ARGS are the caller's, wherever that is; the data stays with Reach.
export REACH_DATA="${REACH_DATA:-$here/data}"
exec "$here/build/reach" "$@"
