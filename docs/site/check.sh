#!/bin/sh
# Is the site that build.sh wrote in order? check.sh OUT [compile_commands.json]
set -eu
site=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$site/../.." && pwd)
out=$(cd "$1" && pwd)
work=$out-work
bad=
for log in warnings filter marks; do
    [ ! -s "$work/$log.txt" ] || { cat "$work/$log.txt"; echo "Doxygen or a filter warned ($log)"; bad="$bad $log"; }
done
sh "$site/check_pages.sh" "$root" "${2:-}" || bad="$bad pages"
(cd "$out" && find . -type f | sed 's|^\./||' > "$work/files.txt" &&
    awk -v files="$work/files.txt" -v summary="$work/links.txt" -f "$site/links.awk" *.html) || bad="$bad links"
cat "$work/links.txt"
# What the filters are there for: no entity, no ** in sight, no link of ours on a name of std.
! (cd "$out" && grep '&amp;#[0-9]*;' *.html | grep -v 'class="line"' | cut -c 1-200 | grep .) || bad="$bad entities"
! (cd "$out" && grep '\*\*' *.html | grep -v 'class="line"' | sed 's|<code[^<]*</code>||g' | grep '\*\*' | cut -c 1-200 | grep .) || bad="$bad marks"
! (cd "$out" && grep -l '<a class="code[^>]*>std::[a-z]' *.html) || bad="$bad names_of_std"
# The menu, which a script writes, and addresses in style sheets and in our own scripts.
for target in $(grep -o '"[A-Za-z0-9_-]*\.html' "$out/navtreedata.js" | tr -d '"' | sort -u); do
    [ -f "$out/$target" ] || { echo "the menu leads to $target, which is not there"; bad="$bad menu"; }
done
! grep -nE '(url\(|@import) *["'\'']?(https?:)?//' "$out"/*.css || bad="$bad styles"
! grep -nE '(src|href) *= *["'\''`]https?:|(fetch|importScripts|XMLHttpRequest\.open)\( *["'\'']https?:' "$out"/*.js || bad="$bad scripts"
cat "$work/summary.txt"
[ ! -s "$work/without.txt" ] || { head -n 40 "$work/without.txt"; echo "$(wc -l < "$work/without.txt") docstrings or examples are missing ($work/without.txt)"; bad="$bad names"; }
[ -z "$bad" ] || { echo "the site fails:$bad"; exit 1; }
echo "the site is in order"
