#!/bin/sh
# What can be checked of the documentation without writing the site: check_pages.sh REPOSITORY [compile_commands.json]
# Code blocks, links between files, the menu, commands that pages tell the reader to type.
set -eu
root=$(cd "$1" && pwd)
site=$root/docs/site
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
bad=

# Compiled files: what the build system was told to compile, and headers; without a build, what its globs match.
if [ -f "${2:-}" ]; then
    sed -n 's|^ *"file": "'"$root"'/\(.*\)",\{0,1\}$|\1|p' "$2" > "$work/compiled.txt"
else
    find examples autodiff nn tests tools -name '*.cpp' > "$work/compiled.txt"
fi
find examples autodiff nn tests tools -name '*.hpp' >> "$work/compiled.txt"
echo tests/package/main.cpp >> "$work/compiled.txt"
echo tests/package/CMakeLists.txt >> "$work/compiled.txt"

pages=$(find README.md docs -name '*.md' | sort)
awk -v root="$root" -v compiled="$work/compiled.txt" -f "$site/lib.awk" -f "$site/blocks.awk" $pages || bad="$bad blocks"
! grep -n '[@\\]code' $(sh "$site/public_headers.sh" "$root") || bad="$bad docstrings"

# Files that pages link to, and headings in them.
for page in $pages CHANGELOG.md examples/data/README.md; do
    awk -v page="$page" -f "$site/lib.awk" -f "$site/targets.awk" "$page"
done > "$work/targets.txt"
awk -f "$site/lib.awk" -f "$site/headings.awk" $pages CHANGELOG.md examples/data/README.md > "$work/headings.txt"
while read -r page file anchor; do
    [ -e "$file" ] || { echo "$page: dead link: $file"; bad="$bad links"; continue; }
    [ -z "$anchor" ] || grep -Fqx "$file#$anchor" "$work/headings.txt" || { echo "$page: no such heading: $file#$anchor"; bad="$bad links"; }
done < "$work/targets.txt"
echo "$(wc -l < "$work/targets.txt") links between files"

# Each page is in the menu, each entry of the menu is there.
for page in $pages; do
    [ "$page" = docs/README.md ] || grep -Eqx " +$page( = .*)?" "$site/pages.txt" || { echo "$page: is not in docs/site/pages.txt"; bad="$bad menu"; }
done
for page in $(sed -n 's/^ \{1,\}\([^ @]*\.md\).*$/\1/p' "$site/pages.txt"); do
    [ -f "$page" ] || { echo "docs/site/pages.txt: $page is not there"; bad="$bad menu"; }
done

# Commands: verbs of run.sh, presets of CMake.
for verb in $(cat $pages | grep -o '\./run\.sh [a-z]\{1,\}' | sed 's/.* //' | sort -u); do
    grep -q "^verb_$verb()" run.sh || [ "$verb" = help ] || { echo "no verb $verb in run.sh"; bad="$bad verbs"; }
done
for preset in $(cat $pages | grep -o -e '--preset [a-z]\{1,\}' | sed 's/.* //' | sort -u); do
    grep -q "\"name\": \"$preset\"" CMakePresets.json || { echo "no preset $preset"; bad="$bad presets"; }
done
[ -z "$bad" ] || { echo "the documentation fails:$bad"; exit 1; }
