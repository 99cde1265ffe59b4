#!/bin/sh
# Installs a build tree into an empty prefix, then configures, builds and runs the consumer beside this file with it.
# Usage: run.sh SOURCE_DIR BUILD_DIR CMAKE GENERATOR COMPILER BUILD_TYPE
set -eu
source=$1 build=$2 cmake=$3 generator=$4 compiler=$5 build_type=$6
work=$build/package
rm -rf "$work"
mkdir -p "$work"
"$cmake" --install "$build" --prefix "$work/prefix" > "$work/install.log" || { cat "$work/install.log"; exit 1; }

# The package must work on another machine: nothing in it may point at this tree or at a library's place on this machine.
if grep -r -n -E "(^|[\";:= ])($source|$build)/|libopenblas\.|libgvc\." "$work/prefix" --include='*.cmake' |
        grep -v -F '/FindOpenBLAS.cmake:'; then
    echo "the installed package names a path of the machine that built it"
    exit 1
fi
for folder in "$work"/prefix/include/*; do
    [ "$(basename "$folder")" = xgrad ] || { echo "installed outside include/xgrad: $folder"; exit 1; }
done
private=$(cd "$work/prefix/include" && find . -path '*/kernels/*' -o -path '*/ops/*' -o -name 'dot_*' -o -type l)
[ -z "$private" ] || { echo "private headers are installed: $private"; exit 1; }

"$cmake" -S "$source/tests/package" -B "$work/build" -G "$generator" -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE="$build_type"
"$cmake" --build "$work/build"
cd "$work" && ./build/consumer
