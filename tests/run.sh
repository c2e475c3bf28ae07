#!/bin/sh
# Run each test program; stop at nothing, say at the end how many passed.
passed=0 failed=0
for t in "$@"; do
    echo "== $(basename "$t")"
    if "$t"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $t"; fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
