#!/bin/sh
# Run each fuzz target for FUZZ_SECONDS, one after the other; a line for each, and at the end 1 if any crashed.
# Corpora, logs and inputs that crash stay beside the targets.
seconds=${FUZZ_SECONDS:-600} failed=0
shm=/dev/shm
[ -w "$shm" ] || shm=/tmp
work=$(mktemp -d "$shm/reach-fuzz-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
printf '%-12s %12s %8s  %s\n' target executions seconds crash
for t in "$@"; do
    name=$(basename "$t") folder=$(dirname "$t")
    corpus=$folder/corpora/$name log=$folder/$name.log
    mkdir -p "$corpus" "$folder/crashes"
    TMPDIR=$work OMP_NUM_THREADS=1 "$t" -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=2048 -detect_leaks=1 \
        -print_final_stats=1 -artifact_prefix="$folder/crashes/$name-" "$corpus" > "$log" 2>&1 < /dev/null
    code=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
    took=$(sed -n 's/^Done [0-9]* runs in \([0-9]*\) second.*/\1/p' "$log" | tail -1)
    what=none
    if [ $code -ne 0 ]; then
        failed=1
        what="$(grep -m1 -E '^SUMMARY|ERROR|runtime error' "$log"); see $log"
    fi
    printf '%-12s %12s %8s  %s\n' "$name" "${runs:--}" "${took:--}" "$what"
done
exit $failed
