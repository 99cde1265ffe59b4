# Doxygen's filter for a Markdown page: awk -v root=REPOSITORY -v work=TABLES -f lib.awk -f page.awk PAGE
# Headings get the anchors that they have on GitHub, links lead to pages of the site, code says which file it is from,
# pictures come in a light and a dark form, ```math and $...$ go to MathJax, names in tables lead to the reference.
BEGIN {
    path = ARGV[1]
    if (index(path, root "/") == 1) path = substr(path, length(root) + 2)
    folder = path
    if (!sub(/\/[^\/]*$/, "", folder)) folder = ""
    id = page_id(path)
    while ((getline entry < (work "/pages.txt")) > 0) {     # path, title
        split(entry, field, "\t")
        pages[field[1]] = page_id(field[1])
        order[++page_count] = field[1]
        titles[field[1]] = field[2]
    }
    while ((getline entry < (work "/urls.txt")) > 0) {      # qualified name, address in the reference
        split(entry, field, "\t")
        urls[field[1]] = field[2]
    }
    while ((getline entry < (work "/programs.txt")) > 0) programs[entry] = 1
    not_ours["docs/benchmarks.md", "floor"]; not_ours["docs/tutorials/collapse.md", "dot"]
    made["@topics"] = "modules.html"; made["@classes"] = "annotated.html"; made["@programs"] = "programs.html"
    object["tape."] = "xgrad::Tape"; object["p."] = "xgrad::Parameter"; object["parameter."] = "xgrad::Parameter"
    object["x."] = "xgrad::Variable"; object["y."] = "xgrad::Variable"; object["graph."] = "xgrad::Graph"
    object["step."] = "xgrad::nn::CompiledStep"; object["optimizer."] = "xgrad::nn::Optimizer"
    object["workspace."] = "xgrad::Workspace"; object["program."] = "xgrad::Program"
    object["certificate."] = "xgrad::Certificate"; object["picture."] = "xgrad::Picture"; object["fit."] = "xgrad::nn::LinearFit"
    linked_names = path == "docs/names.md" || path == "docs/ops.md"
}

function site_link(target,    file, anchor, hash) {         # "" if it is to be left alone
    if (target ~ /^[a-z]+:/) return target
    if (target in made) return made[target]
    hash = index(target, "#")
    anchor = hash ? substr(target, hash + 1) : ""
    file = hash ? substr(target, 1, hash - 1) : target
    if (file == "") return id ".html#" id "_" anchor
    file = normal(folder "/" file)
    if (file == "") file = "."
    if (file in pages) return pages[file] ".html" (anchor == "" ? "" : "#" pages[file] "_" anchor)
    if (file in programs) return example_page(file)
    if ((file "/main.cpp") in programs) return example_page(file "/main.cpp")
    if (file == "examples") return "programs.html"
    if (file ~ /^docs\/images\//) return substr(file, 6)
    print file > "/dev/stderr"
    return "dead:" file
}

# A picture is scaled down to its column; a click shows it alone, in its full size.
function picture(alt, source,    file, dark) {
    file = normal(folder "/" source)
    sub(/^docs\//, "", file)
    dark = file
    sub(/^images\//, "images/dark/", dark)
    return "@htmlonly<span class=\"picture\">" one_picture("on-light", file, alt) one_picture("on-dark", dark, alt) "</span>@endhtmlonly"
}
function one_picture(form, file, alt) {
    return "<a class=\"" form "\" href=\"" file "\"><img src=\"" file "\" alt=\"" escape(alt) "\" loading=\"lazy\"/></a>"
}

# The address in the reference of what a piece of code names, or "": the whole of it on other pages, its beginning in lists of names.
function reference(code,    name, first, second) {
    name = code
    if (foreign || (path, code) in not_ours) return ""
    sub(/\/$/, "", name)
    if (name in programs) return example_page(name)
    if ((name "/main.cpp") in programs) return example_page(name "/main.cpp")
    if (code ~ /^[a-z]+_[a-z_]+$/ && ("examples/" code ".cpp") in programs) return example_page("examples/" code ".cpp")
    if (code ~ /^[a-z]+_[a-z_]+$/ && ("examples/" code "/main.cpp") in programs) return example_page("examples/" code "/main.cpp")
    name = code
    if (linked_names && rest_of_row && name !~ /^(nn::)?[A-Z]/) return ""       # a word of the description
    if (match(name, /^[a-z]+\./) && substr(name, 1, RLENGTH) in object && substr(name, RLENGTH + 1) ~ /^[a-z]/) return urls[object[substr(name, 1, RLENGTH)]]
    if (linked_names && name ~ /^x [^ ]+ y$/) { split(name, word, " "); name = "operator" word[2] }
    else if (linked_names && match(name, /^(nn::)?[A-Za-z_][A-Za-z_0-9]*/)) name = substr(name, 1, RLENGTH)
    else if (name ~ /^(xgrad::)?(nn::)?[A-Za-z_][A-Za-z_0-9]*(\(.*\)|\{.*\}|<.*>)?$/) sub(/[({<].*$/, "", name)
    else return ""
    sub(/^xgrad::/, "", name)
    first = linked_names && section ~ /layers|losses|initialisers|data|linear-classifiers|decompositions|replayed/ ? "xgrad::nn::" : "xgrad::"
    second = first == "xgrad::" ? "xgrad::nn::" : "xgrad::"
    if ((first name) in urls) return urls[first name]
    return (linked_names || name ~ /[a-z]_[a-z]/) && (second name) in urls ? urls[second name] : ""
}

# A line of text: what is in `code` stays as it is.
function inline(text,    out, start, stop, piece, code, at, head, alt, target) {
    out = ""
    while (text != "") {
        start = match(text, /`|!?\[|\$/)
        if (!start) break
        out = out quotes(substr(text, 1, start - 1))
        text = substr(text, start)
        if (substr(text, 1, 1) == "`") {
            match(text, /^`+/)
            piece = substr(text, 1, RLENGTH)
            stop = index(substr(text, length(piece) + 1), piece)
            if (!stop) { out = out piece; text = substr(text, length(piece) + 1); continue }
            code = substr(text, length(piece) + 1, stop - 1)
            text = substr(text, stop + 2 * length(piece))
            out = out show_code(code)
        } else if (substr(text, 1, 1) == "$") {
            stop = match(substr(text, 2), /[^ ]\$/)
            if (stop && substr(text, 2, 1) != " ") {
                out = out "\\f$" substr(text, 2, stop) "\\f$"
                text = substr(text, stop + 3)
            } else { out = out "$"; text = substr(text, 2) }
        } else if (match(text, /^!\[[^]]*\]\([^) ]*\)/)) {
            piece = substr(text, 1, RLENGTH)
            text = substr(text, RLENGTH + 1)
            at = index(piece, "](")
            out = out picture(substr(piece, 3, at - 3), substr(piece, at + 2, length(piece) - at - 2))
        } else if (text ~ /^\[/ && (at = link_end(text))) {
            alt = substr(text, 2, at - 2)
            target = substr(text, at + 2)
            stop = index(target, ")")
            text = substr(target, stop + 1)
            target = site_link(substr(target, 1, stop - 1))
            out = out "<a href=\"" target "\">" inline_label(alt) "</a>"
        } else {
            out = out substr(text, 1, 1)
            text = substr(text, 2)
        }
    }
    return out quotes(text)
}
# Doxygen does not look for commands between quotation marks, nor for ** beside raw code.
function quotes(text) {
    gsub(/"/, "\\&quot;", text)
    gsub(/\^-/, "^−", text)            # a minus that no line ends after
    while (sub(/\*\*/, bold ? "</b>" : "<b>", text)) bold = !bold
    return text
}
function link_end(text,    k, depth, c, ticks) {    # where "](" of the link that text begins with stands, or 0
    depth = 0
    ticks = 0
    for (k = 1; k <= length(text); ++k) {
        c = substr(text, k, 1)
        if (c == "`") ticks = !ticks
        if (ticks) continue
        if (c == "[") ++depth
        if (c == "]" && --depth == 0) return substr(text, k + 1, 1) == "(" ? k : 0
    }
    return 0
}
function inline_label(text) {
    no_links = 1
    text = plain_code(text)
    no_links = 0
    return text
}
function plain_code(text,    out, stop) {
    out = ""
    while ((stop = index(text, "`"))) {
        out = out substr(text, 1, stop - 1)
        text = substr(text, stop + 1)
        stop = index(text, "`")
        if (!stop) { out = out "`"; break }
        out = out show_code(substr(text, 1, stop - 1))
        text = substr(text, stop + 1)
    }
    return out text
}
function show_code(code,    url, shown) {
    gsub(/\\\|/, "|", code)
    shown = escape(code)
    gsub(/\|/, "\\&#124;", shown)          # the filter for tables looks at every |
    url = no_links ? "" : reference(code)
    if (table && length(code) > 20) {       # a long name in a narrow column may break here
        gsub(/_|[a-z0-9]\./, "&<wbr>", shown)
        gsub(/::/, "&<wbr>", shown)
    }
    shown = (length(code) < (table ? 21 : 25) ? "<code class=\"short\">" : "<code>") shown "</code>"     # short: does not break
    if (url != "") shown = "<a class=\"name\" href=\"" url "\">" shown "</a>"
    return "@htmlonly<!--c-->" shown "@endhtmlonly"      # raw: no command, no automatic link in it (<!--c-->: finish.awk)
}
function flush_from() {
    if (from == "") return
    print "@htmlonly<div class=\"from\"><a href=\"" example_page(from) "\">" escape(from) "</a></div>@endhtmlonly"
    from = ""
}

# Text is taken paragraph by paragraph, for code and links may go over the end of a line.
function flush() {
    if (paragraph == "") return
    print put_text(paragraph)
    paragraph = ""
}
function put_text(text) {
    bold = 0
    text = inline(text)
    gsub(/\\\|/, "@htmlonly<!--c-->\\&#124;@endhtmlonly", text)      # Doxygen knows no such entity itself
    gsub(/ @htmlonly<!--c-->/, " @htmlonly<!--s-->", text)
    gsub(/\n@htmlonly<!--c-->/, "\n@htmlonly<!--s-->", text)
    return text
}
# What stands differently on the site: one line for it alone, lines that it leaves out.
!fence && /^ *<!-- site: .* -->$/ { sub(/<!-- site: /, ""); sub(/ -->$/, "") }
!fence && /^ *<!-- not on the site -->$/ { left_out = 1 }
left_out { if (/^ *<!-- end -->$/) left_out = 0; next }
!fence && (/^$/ || /^```/ || /^#/ || /^\|/ || /^<!--/) { flush() }

/^<!-- [^ ]+: [^ ]+ -->$/ && !fence {
    from_next = $3
    next
}
/^```/ && !fence {
    fence = 1
    language = substr($0, 4)
    from = from_next
    from_next = ""
    if (language == "cpp") print "@code{.cpp}"
    else if (language == "math") print "\\f["
    else print "@code{.unparsed}"
    next
}
/^```$/ && fence {
    fence = 0
    print language == "math" ? "\\f]" : "@endcode"
    if (language == "cpp") flush_from()
    next
}
fence { print; next }
/^<!--.*-->$/ { next }
/^# / && !titled {
    titled = 1
    title = substr($0, 3)
    print "# " title (id == "index" ? "" : " {#" id "}")
    print ""
    print "[TOC]"
    next
}
/^##+ / {
    match($0, /^#+/)
    marks = substr($0, 1, RLENGTH)
    title = substr($0, RLENGTH + 2)
    section = slug(title)
    anchor = id "_" section
    while (anchor in seen) anchor = anchor "-1"
    seen[anchor] = 1
    print marks " " plain_code(title) " {#" anchor "}"
    next
}
/^$/ { others = 0; print; next }
/^\|/ {
    table = 1
    if (/^\| (PyTorch|JAX|NumPy) \|/) others = 1       # the first column is not ours
    cell = linked_names || others ? index(substr($0, 2), " | ") : 0
    if (cell) {
        foreign = others
        first = put_text(substr($0, 1, cell + 1))
        foreign = 0
        rest_of_row = 1
        print first put_text(substr($0, cell + 2))
        rest_of_row = 0
    } else
        print put_text($0)
    table = 0
    next
}
{ paragraph = paragraph (paragraph == "" ? "" : "\n") $0 }
END {
    flush()
    for (k = 1; k <= page_count; ++k) if (order[k] == path) break
    if (k > page_count || id == "index") exit
    print ""
    printf "@htmlonly<div class=\"turn\">"
    if (k > 1) printf "<a class=\"back\" href=\"%s.html\">%s</a>", pages[order[k - 1]], escape(titles[order[k - 1]])
    if (k < page_count) printf "<a class=\"on\" href=\"%s.html\">%s</a>", pages[order[k + 1]], escape(titles[order[k + 1]])
    print "</div>@endhtmlonly"
}
