# The dark form of a picture: every colour of the light palette becomes that of the dark one (autodiff/export/theme.cpp and
# examples/figures/style.gp have both).
BEGIN {
    n = split("FFFFFF 12181E 1B2530 E8EDF1 56626D A9B6C1 7C8792 7F8D99 C3CBD2 4A5966 A6AFB8 5F6D79 F4F6F8 1A222A E9EDF1 232D37 " \
              "DCEBF6 1D3A52 DDF0E8 153D31 0B5A43 86D8BC FBDDA0 5A4108 8F5F00 F0B429 F7E6F0 442338 9A3F74 E79BC5 FCF6FA 1E1820 " \
              "CFE4F4 12405F 0072B2 56B4E9 FBE0D0 54260C B84A00 FF8A4C D55E00 FF8A4C 00805E 5CC9A7 " \
              "E4F1F9 152A3B CBE4F3 173A55 ABD3EB 174B70 86BFE1 185D8B 5BA8D6 3E93C9 00568A 86CBF1 003A60 B9E2F9 " \
              "6B1F4C FFB3DC 803F65 DD9DC1 955E7E BC87A6 A97D97 9C728D BC9AAE 7D5E74 CFB6C5 5F4A5C E1D2DB 423745 F1EBEF 28262F", word, " ")
    for (k = 1; k < n; k += 2) dark[word[k]] = word[k + 1]
}
function byte(hex) { return 16 * (index("0123456789ABCDEF", substr(hex, 1, 1)) - 1) + index("0123456789ABCDEF", substr(hex, 2, 1)) - 1 }
# A light colour between the palette's, as of a map: the same hue, as dark as it was light.
function other(colour,    r, g, b, most, least, sum, scale) {
    r = byte(substr(colour, 1, 2)); g = byte(substr(colour, 3, 2)); b = byte(substr(colour, 5, 2))
    most = r > g ? r : g
    if (b > most) most = b
    least = r < g ? r : g
    if (b < least) least = b
    sum = most + least
    if (sum < 280) return colour
    return sprintf("%02X%02X%02X", limit(r - sum + 275), limit(g - sum + 279), limit(b - sum + 285))
}
function limit(v) { return v < 0 ? 0 : v > 255 ? 255 : v }
{
    out = ""
    while (match($0, /rgb\( *[0-9]+, *[0-9]+, *[0-9]+\)/)) {       # gnuplot's
        split(substr($0, RSTART + 4, RLENGTH - 5), rgb, ",")
        $0 = substr($0, 1, RSTART - 1) sprintf("#%02X%02X%02X", rgb[1], rgb[2], rgb[3]) substr($0, RSTART + RLENGTH)
    }
    gsub(/"(white)"/, "\"#FFFFFF\"")
    gsub(/"black"/, "\"#1B2530\"")
    while (match($0, /#[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f]/)) {
        colour = toupper(substr($0, RSTART + 1, 6))
        out = out substr($0, 1, RSTART) (colour in dark ? dark[colour] : other(colour))
        $0 = substr($0, RSTART + 7)
    }
    print out $0
}
