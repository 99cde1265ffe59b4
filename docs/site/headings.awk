# The headings of pages, as links name them: awk -f lib.awk -f headings.awk PAGE...
FNR == 1 { fence = 0 }
/^```/ { fence = !fence }
!fence && /^#+ / { title = $0; sub(/^#+ /, "", title); print FILENAME "#" slug(title) }
