#!/bin/sh
# Writes the site: docs/site/build.sh OUT (a folder). Run by ./run.sh docs; needs doxygen, doxygen-awesome-css and libjs-mathjax.
# Doxygen runs twice: the first run finds the public names and where they are declared, the second writes the pages, in which
# each declaration shows its example (header.awk) and each page is made fit for Doxygen (page.awk). What it warns of is in
# OUT/../docs-work/warnings.txt.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
site=$root/docs/site
mkdir -p "$1"
out=$(cd "$1" && pwd)
work=$out-work
rm -rf "$out" "$work"
mkdir -p "$out" "$work"
awesome=/usr/share/doxygen-awesome-css
mathjax=/usr/share/javascript/mathjax

# ---------------------------------------------------------------- what there is

sh "$site/public_headers.sh" "$root" > "$work/headers.txt"
headers=$(sed "s|^include/xgrad/||; s|^|$root/include/xgrad/|" "$work/headers.txt" | tr '\n' ' ')
sed -n 's|^#include "xgrad/\(.*\)".*|\1|p' "$root/autodiff/ops.hpp" > "$work/ops.txt"   # the families of ops
# Pages: path and title, in the order of the menu.
sed -n 's/^ \{1,\}\(? \)\{0,1\}\([^ @]*\.md\)/\2/p' "$site/pages.txt" | while read -r page is title; do
    [ -f "$root/$page" ] || continue
    [ "$is" = = ] || title=$(sed -n 's/^# //p' "$root/$page" | head -n 1)
    printf '%s\t%s\n' "$page" "$title"
done > "$work/pages.txt"
printf 'docs/README.md\t%s\n' "$(sed -n 's/^# //p' "$root/docs/README.md" | head -n 1)" >> "$work/pages.txt"
printf 'examples/data/README.md\tThe data sets\n' >> "$work/pages.txt"

# Programs that pages may link to: every source file of examples/, and what pages name of the others.
(cd "$root" && find examples autodiff nn include/xgrad tests tools -name '*.[ch]pp' | sort) > "$work/sources.txt"
(cd "$root" && find examples -name '*.[ch]pp' | sort) > "$work/programs.txt"

# ---------------------------------------------------------------- the names, and their examples

for filter in page header; do
    printf '#!/bin/sh\nexec awk -v root="%s" -v work="%s" -f "%s/lib.awk" -f "%s/%s.awk" "$1" 2>> "%s/filter.txt"\n' \
        "$root" "$work" "$site" "$site" $filter "$work" > "$work/$filter.sh"
    chmod +x "$work/$filter.sh"
done

settings() {
    cat "$root/docs/Doxyfile"
    echo "STRIP_FROM_PATH = $root/include/xgrad $root"
    echo "STRIP_FROM_INC_PATH = $root/include"
    echo "EXCLUDE_SYMBOLS = *::detail *::detail::* *::kernels *::kernels::*"
    echo "OUTPUT_DIRECTORY = $work"
    printf '%s\n' 'ALIASES = "topic{1}=@addtogroup \1^^@{"'
}
{
    settings
    echo "INPUT = $site/topics.dox $headers"
    echo "FILTER_PATTERNS = \"*.hpp='$work/header.sh'\""
    echo "GENERATE_HTML = NO"
    echo "GENERATE_XML = YES"
    echo "XML_PROGRAMLISTING = NO"
    echo "WARNINGS = NO"
} | doxygen - > /dev/null
(cd "$work/xml" && awk -f "$site/names.awk" namespacexgrad*.xml class*.xml struct*.xml concept*.xml) |
    sed 's|\tinclude/xgrad/\(autodiff\|nn\)/|\t\1/|' | sort -u > "$work/names.txt"
[ -s "$work/names.txt" ] || { cat "$work/first.txt"; exit 1; }
awk -F'\t' '$1 == "name" && !($3 in seen) { print $3 "\t" $7; seen[$3] = 1 }' "$work/names.txt" > "$work/urls.txt"
: > "$work/examples.txt"
: > "$work/without.txt"
marked=$(cd "$root" && find examples/reference -name '*.cpp' 2> /dev/null | sort;
    cd "$root" && find examples -path examples/reference -prune -o -name '*.cpp' -print | sort)
bad=
(cd "$root" && awk -v root="$root" -v names="$work/names.txt" -v out="$work/examples.txt" -v without="$work/without.txt" -v given="$site/examples_of.txt" \
    -v summary="$work/summary.txt" -f "$site/examples.awk" "$work/names.txt" $marked) 2> "$work/marks.txt" || bad=marks

# Each part that is shown in the reference as a file of its own, without its indentation.
mkdir "$work/parts"
awk -v root="$root" -v folder="$work/parts" -f "$site/parts.awk" "$work/examples.txt" > "$work/shown.txt" 2>> "$work/marks.txt"
mv "$work/shown.txt" "$work/examples.txt"

# ---------------------------------------------------------------- menu, programs, pictures, formulas

# What pages link to but is no page: source files get pages of their own, the rest is copied.
cp "$work/programs.txt" "$work/all_programs.txt"
for page in $(cut -f1 "$work/pages.txt"); do
    grep -o '](\(\.\./\)*[A-Za-z][A-Za-z0-9_/.-]*\.[ch]pp)' "$root/$page" | sed 's/^](//; s/)$//; s|\.\./||g'
    sed -n 's/^<!-- [^ ]*: \([^ ]*\.[ch]pp\) -->$/\1/p' "$root/$page"
done | sort -u | while read -r file; do
    grep -Fqx "$file" "$work/programs.txt" || ! grep -Fqx "$file" "$work/sources.txt" || echo "$file"
done >> "$work/all_programs.txt"
mv "$work/all_programs.txt" "$work/programs.txt"
(cd "$root" && awk -v pages_of="$work/pages.txt" -f "$site/lib.awk" -f "$site/programs.awk" $(cat "$work/programs.txt")) > "$work/programs.dox"
awk -f "$site/lib.awk" -f "$site/layout.awk" "$work/pages.txt" "$site/pages.txt" > "$work/layout.xml"

(cd "$root/docs" && find images -name '*.svg') | while read -r picture; do
    dark=$out/images/dark/${picture#images/}
    mkdir -p "$(dirname "$out/$picture")" "$(dirname "$dark")"
    cp "$root/docs/$picture" "$out/$picture"
    awk -f "$site/dark.awk" "$root/docs/$picture" > "$dark"
done

# MathJax: what formulas in TeX, drawn as SVG, need.
for part in MathJax.js config/TeX-AMS_SVG-full.js extensions jax/element jax/input/TeX jax/output/SVG; do
    mkdir -p "$(dirname "$out/mathjax/$part")"
    cp -RL "$mathjax/$part" "$out/mathjax/$part"
done
for font in "$out"/mathjax/jax/output/SVG/fonts/*; do
    [ "${font##*/}" = TeX ] || rm -r "$font"
done

# ---------------------------------------------------------------- the pages

doxygen -w html "$work/header.html" "$work/footer.html" "$work/unused.css"
sed -i -e 's|^<head>$|<head>\n<!-- written by docs/site/build.sh -->|' -e 's|^\$mathjax$|$mathjax|' \
    -e '/^\$extrastylesheet$/r '"$site/head.html" "$work/header.html"
{
    settings
    echo "INPUT = $(cut -f1 "$work/pages.txt" | sed "s|^|$root/|" | tr '\n' ' ') $site/topics.dox $headers $work/programs.dox"
    echo "EXAMPLE_PATH = $work/parts $(sed 's|/[^/]*$||' "$work/programs.txt" | sort -u | sed "s|^|$root/|" | tr '\n' ' ') $root"
    echo "EXAMPLE_PATTERNS = *.cpp *.hpp"
    echo "HTML_OUTPUT = $out"
    echo "HTML_HEADER = $work/header.html"
    echo "HTML_EXTRA_STYLESHEET = $awesome/doxygen-awesome.css $awesome/doxygen-awesome-sidebar-only.css"
    echo "HTML_EXTRA_STYLESHEET += $awesome/doxygen-awesome-sidebar-only-darkmode-toggle.css $site/site.css"
    echo "HTML_EXTRA_FILES = $awesome/doxygen-awesome-darkmode-toggle.js $awesome/doxygen-awesome-fragment-copy-button.js"
    echo "HTML_EXTRA_FILES += $awesome/doxygen-awesome-paragraph-link.js $awesome/doxygen-awesome-interactive-toc.js"
    echo "LAYOUT_FILE = $work/layout.xml"
    echo "USE_MDFILE_AS_MAINPAGE = $root/docs/README.md"
    echo "FILTER_PATTERNS = \"*.md='$work/page.sh'\" \"*.hpp='$work/header.sh'\""
    echo "WARN_LOGFILE = $work/warnings.txt"
} > "$work/Doxyfile"
doxygen "$work/Doxyfile"

# Doxygen links to a list of nested classes where all of them are private, and then writes none.
grep -l 'href="#nested-classes"' "$out"/*.html | while read -r page; do
    grep -q 'name="nested-classes"' "$page" || sed -i 's|<a href="#nested-classes">[^<]*</a> *&#124;||; s|<a href="#nested-classes">[^<]*</a>||' "$page"
done

# Links that it guessed wrong, spaces, MathJax on pages without formulas.
(cd "$out" && awk -f "$site/finish.awk" *.html && for page in *.html; do mv "$page.new" "$page"; done)
