#!/bin/sh
# Passes if a source file is refused by the compiler with the message that its first line announces:
#     // expect: <extended regular expression>
# A file named control.cpp must be accepted instead.
# Usage: run.sh SOURCE COMPILER [FLAG...]
set -u
case=$1 compiler=$2
shift 2
expect=$(sed -n '1s,^// expect: *,,p' "$case")
name=$(basename "$case")
if [ "$name" != control.cpp ] && [ -z "$expect" ]; then
    echo "$name: the first line must be '// expect: <regex>'"
    exit 1
fi

status=0
output=$(LC_ALL=C "$compiler" -std=c++20 -fsyntax-only "$@" "$case" 2>&1) || status=$?

verdict() {
    printf '%s\n%s: %s\n' "$output" "$name" "$1"
    exit 1
}
if [ "$name" = control.cpp ]; then
    [ $status -eq 0 ] || verdict "must compile, and does not"
    exit 0
fi
[ $status -ne 0 ] || verdict "must not compile, but does"
# A missing file or a crash of the compiler is no refusal.
printf '%s\n' "$output" | grep -q -E 'fatal error:|file not found|[Ii]nternal compiler error' &&
    verdict "the compiler failed for a reason of its own"
printf '%s\n' "$output" | grep -q -E -e "$expect" || verdict "refused, but no line matches: $expect"
printf '%s\n' "$output" | grep -E -m 1 -e "$expect"
