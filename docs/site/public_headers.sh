#!/bin/sh
# The public headers, below the repository: public_headers.sh REPOSITORY. They are what cmake/install_headers.cmake installs.
set -eu
cd "$1/include/xgrad"
pending="autodiff.hpp draw.hpp nn.hpp autodiff/update.hpp"
public=
while [ -n "$pending" ]; do
    next=
    for header in $pending; do
        case " $public " in *" $header "*) continue ;; esac
        public="$public $header"
        next="$next $(sed -n 's|^#include "xgrad/\(.*\)".*|\1|p' "$header")"
    done
    pending=$next
done
for header in $public; do
    case $header in
        */*) echo "$header" ;;
        *) echo "include/xgrad/$header" ;;
    esac
done
