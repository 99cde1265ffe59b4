# What Doxygen leaves to do on the pages that it wrote: awk -f finish.awk all.html... (each is written anew as FILE.new)
# - Code that the filters hand over raw (page.awk marks it: <!--c--> close to what is before it, <!--s--> after a space) stands where
#   it stood; Doxygen puts a space in front of it.
# - In blocks of code, names that are not xgrad's lose the link that Doxygen guessed by their last word: std::abs, a variable `all`.
# - MathJax is loaded by pages with formulas alone.
function bare(text) {                           # without tags, and entities of two kinds
    gsub(/<[^>]*>/, "", text)
    gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&amp;/, "\\&", text)
    return text
}
function ours(name, link, before, after) {      # does this name of a block lead to what it means?
    if (link ~ /href="(class|struct|concept|namespace)/) return 1
    if (match(name, /^.*::/)) return name ~ /^(xgrad|nn|ad)::/ || link ~ /hl_enum/
    if (link !~ /hl_(function|variable)/) return 1
    if (before ~ /(\.|->|::)$/ && before !~ /(xgrad|nn|ad)::$/) return 0
    if (link ~ /hl_function/ && after !~ /^[(<]/) return 0           # a function that is not called: a variable of that name
    return !(last - first < 80 && index(declared, " " name " "))
}
# The names that a block declares: "Type name =", "[name, other] =".
function read_declared(text,    piece) {
    while (match(text, /(auto|[A-Za-z_0-9>])[&*]* [a-z_]+ *(=[^=]|;|\{|,|\)|: )/)) {
        piece = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH - 1)
        sub(/ *(=.|;|\{|,|\)|: )$/, "", piece)
        if (piece ~ /^return/) continue
        sub(/^.* /, "", piece)
        declared = declared piece " "
    }
}
function read_bindings(text,    piece) {
    while (match(text, /\[[a-z_, ]+\] =/)) {
        piece = substr(text, RSTART + 1, RLENGTH - 4)
        text = substr(text, RSTART + RLENGTH)
        gsub(/[],]/, " ", piece)
        declared = declared piece " "
    }
}
function unlinked(text,    out, link, name, stop) {
    out = ""
    while (match(text, /<a class="code hl_[a-z]*" href="[^"]*">/)) {
        link = substr(text, RSTART, RLENGTH)
        out = out substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        stop = index(text, "</a>")
        name = substr(text, 1, stop - 1)
        text = substr(text, stop + 4)
        out = out (ours(name, link, bare(out), bare(substr(text, 1, 60))) ? link name "</a>" : name)
    }
    return out text
}
function write_page(    k, target, formulas, script) {
    target = page ".new"
    for (k = 1; k <= lines; ++k) if (line[k] ~ /\\[([]/) formulas = 1
    for (k = 1; k <= lines; ++k) {
        if (line[k] ~ /x-mathjax-config/) script = 1
        if (script && !formulas) { if (line[k] ~ /MathJax\.js/) script = 0; continue }
        if (line[k] ~ /^MathJax\.Hub\.Config/) line[k] = line[k] "\n  messageStyle: \"none\","
        if (line[k] ~ /<div class="fragment">/) {
            declared = " "
            for (first = last = k; line[last] !~ /<!-- fragment -->/ && last < lines; ++last) {
                read_declared(bare(line[last]))
                read_bindings(bare(line[last]))
            }
        }
        if (line[k] ~ /<div class="line">/) line[k] = unlinked(line[k])
        gsub(/ *<!--c-->/, "", line[k])
        gsub(/ *<!--s-->/, " ", line[k])
        print line[k] > target
    }
    close(target)
}
FNR == 1 { if (page != "") write_page(); page = FILENAME; lines = 0 }
{ line[++lines] = $0 }
END { write_page() }
