# What the filters share: names of pages and files of the site, and the anchors that headings have on GitHub.

function page_id(path,    id) {                 # docs/tutorials/collapse.md: tutorials_collapse
    id = path
    if (id == "README.md") return "tour"
    sub(/^docs\//, "", id)
    sub(/\.md$/, "", id)
    if (id == "README") return "index"
    sub(/\/README$/, "", id)
    gsub(/\//, "_", id)
    if (path !~ /^docs\//) id = "about_" tolower(id)
    gsub(/[^A-Za-z0-9_]/, "_", id)
    return id
}

function slug(title) {                         # "What to know?": what-to-know
    gsub(/\[|\]\([^)]*\)/, "", title)
    title = tolower(title)
    gsub(/[^a-z0-9 _-]/, "", title)
    gsub(/ /, "-", title)
    return title
}

function example_page(path,    out, k, c) {     # the page that doxygen writes for @example PATH
    out = ""
    for (k = 1; k <= length(path); ++k) {
        c = substr(path, k, 1)
        if (c == ".") c = "_8"
        else if (c == "/") c = "_2"
        out = out c
    }
    return out "-example.html"
}

function normal(path,    parts, n, k, kept, out) {   # docs/tutorials/../a.md: docs/a.md
    n = split(path, parts, "/")
    kept = 0
    for (k = 1; k <= n; ++k) {
        if (parts[k] == "" || parts[k] == ".") continue
        if (parts[k] == ".." && kept > 0) { --kept; continue }
        out_part[++kept] = parts[k]
    }
    out = ""
    for (k = 1; k <= kept; ++k) out = out (k > 1 ? "/" : "") out_part[k]
    return out
}

function escape(text) {
    gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text); gsub(/"/, "\\&quot;", text)
    return text
}

function unindented(text,    line, n, k, out, least) {   # without the indentation that all lines share
    n = split(text, line, "\n") - 1
    least = 99
    for (k = 1; k <= n; ++k) if (line[k] != "") { match(line[k], /^ */); if (RLENGTH < least) least = RLENGTH }
    out = ""
    for (k = 1; k <= n; ++k) out = out substr(line[k], least + 1) "\n"
    return out
}
