# Reads Doxygen's XML (namespace*.xml, class*.xml, struct*.xml, concept*.xml) and prints, separated by tabs, a line for each
# public declaration: "name", kind, qualified name, header, line, "yes" if it has a docstring, address in the site; and a line
# for each type that it mentions: "uses", qualified name, the type's page. Members of classes are left to their class.
function text(line) {                          # what stands between the tags of a line
    gsub(/<[^>]*>/, "", line)
    gsub(/&lt;/, "<", line); gsub(/&gt;/, ">", line); gsub(/&amp;/, "\\&", line)
    sub(/^ +/, "", line); sub(/ +$/, "", line)
    return line
}
function attribute(line, name,    start) {
    start = index(line, " " name "=\"")
    if (!start) return ""
    line = substr(line, start + length(name) + 3)
    return substr(line, 1, index(line, "\"") - 1)
}
function put() {
    if (name == "" || file == "" || kind == "file") return
    print "name\t" kind "\t" name "\t" file "\t" line "\t" (documented ? "yes" : "no") "\t" address
    for (id in used) print "uses\t" name "\t" id
}
function begin(what, id,    at) {
    kind = what; name = ""; file = ""; documented = 0; where = ""
    address = id ".html"
    if (what != "class" && what != "struct" && what != "union" && what != "concept") {      # page_1anchor
        at = match(id, /_1[^_]*$/)
        address = substr(id, 1, at - 1) ".html#" substr(id, at + 2)
    }
    for (id in used) delete used[id]
}
FNR == 1 { level = 1; hidden = 0 }
/<compounddef / {
    begin(attribute($0, "kind"), attribute($0, "id"))
    compound = kind
    hidden = attribute($0, "prot") == "private"
    next
}
/<compoundname>/ {
    name = text($0)
    if (compound == "namespace") space = name
    next
}
/<memberdef / {
    if (hidden) next
    if (compound == "namespace") begin(attribute($0, "kind"), attribute($0, "id"))
    else if (attribute($0, "prot") != "public") level = 3
    else level = 2
    next
}
/<\/memberdef>/ {
    if (hidden) next
    if (compound == "namespace") put()
    level = 1
    next
}
/<ref refid=/ && level < 3 && where == "" && !/<initializer>/ {
    rest = $0
    while ((at = index(rest, "<ref refid=\""))) {
        rest = substr(rest, at + 12)
        used[substr(rest, 1, index(rest, "\"") - 1)] = 1
    }
}
level > 1 { next }
/<enumvalue / { inner = 1 }
/<\/enumvalue>/ { inner = 0; next }
inner { next }
compound == "namespace" && /^ *<name>/ { name = space "::" text($0); next }
/<(brief|detailed)description>/ { where = "doc" }
/<\/(brief|detailed)description>/ { where = ""; next }
where == "doc" && /<para>/ { documented = 1; next }
/<location / { file = attribute($0, "file"); line = attribute($0, "line"); next }
/<\/compounddef>/ {
    if (compound != "namespace" && !hidden) put()
}
