#!/bin/sh
# Everything that one does with this repository, from a bare Debian 12 on: ./run.sh help
set -eu
cd "$(dirname "$0")"
root=$(pwd)
started=$(date +%s)

help() {
    cat <<'END'
./run.sh VERB [ARGUMENTS]

  demo             train on the breast cancer data, collapse a linear network: out/demo/index.html
  experiments      measure every claim of docs/experiments.md: a table, and figures in out/
  test [PRESET]    build everything and run all tests
  build [PRESET]   build the libraries and the examples (and the tests where Boost.Test is installed)
  bench [ARG...]   build and run the benchmarks; --peers installs and builds the libtorch side too,
                   other arguments (--quick, --only NAME, ...) go to the benchmark program
  docs [--check]   write the site, to be read offline: out/docs/index.html; --check: no warning, no dead link, every code
                   block from a compiled file, every public name with a docstring and an example
  check            format, warnings as errors with g++ and clang++, all tests under the sanitizers
  help             this text

PRESET is release (the default), debug, asan or tsan; it is built in build/PRESET.
A verb first installs the Debian packages that it needs and that are not there: as root, else through sudo; where neither
is possible it prints the command and stops.
END
}

step() { printf '[%4d s] %s\n' $(($(date +%s) - started)) "$*"; }

fail() { step "$*" >&2; exit 1; }

# quietly LOG COMMAND...: the output goes to a file, and its end is shown if the command fails.
quietly() {
    log=$1
    shift
    mkdir -p "$(dirname "$log")"
    "$@" > "$log" 2>&1 || { tail -n 40 "$log" >&2; fail "failed: $* (all of its output: $log)"; }
}

# ---------------------------------------------------------------- packages

# libgraphviz-dev brings the plugins for SVG, PNG and PDF; fonts-liberation has the widths that pictures are laid out for.
build_packages="g++ cmake ninja-build pkg-config libxtensor-dev libxtensor-blas-dev libboost-dev libopenblas-pthread-dev libgraphviz-dev fonts-liberation libcli11-dev nlohmann-json3-dev"
demo_packages="$build_packages gnuplot-nox"
referees="libsvm-tools liblinear-tools graphviz"   # svm-train, train: linear classifiers; dot: files of pictures
experiment_packages="$demo_packages $referees"
docs_packages="doxygen doxygen-awesome-css libjs-mathjax"
test_packages="$demo_packages libboost-test-dev clang $referees"

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]; }

# need PACKAGE...: installs those that are missing.
need() {
    if ! command -v dpkg-query > /dev/null; then
        step "not a Debian system: taking for granted what these packages hold: $*"
        return
    fi
    missing=
    for package in "$@"; do
        installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0

    sudo=
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
            sudo="sudo -n"
        elif command -v sudo > /dev/null && [ -t 0 ]; then
            sudo=sudo       # asks for the password
        else
            echo "Packages are missing, and installing them takes root. Run this as root, then try again:" >&2
            echo "    apt-get update && apt-get install -y --no-install-recommends$missing" >&2
            exit 1
        fi
    fi
    step "reading the package lists"
    quietly out/log/apt-update.txt $sudo apt-get update
    step "installing$missing"
    quietly out/log/apt-install.txt $sudo env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
        apt-get install -y --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 $missing
}

# ---------------------------------------------------------------- building

# One compiler for each processor, but not more than one for every 2 GiB of memory.
job_count() {
    cores=$(nproc)
    memory=$(awk '/^MemTotal:/ { print int($2 / 2097152) }' /proc/meminfo)
    limit=$(cat /sys/fs/cgroup/memory.max 2> /dev/null || echo max)
    if [ "$limit" != max ] && [ $((limit / 2147483648)) -lt "$memory" ]; then
        memory=$((limit / 2147483648))
    fi
    [ "$memory" -ge 1 ] || memory=1
    [ "$memory" -lt "$cores" ] && echo "$memory" || echo "$cores"
}

known_preset() {
    case $1 in
        release | debug | asan | tsan) ;;
        *) echo "unknown preset: $1" >&2; help >&2; exit 2 ;;
    esac
}

# configure PRESET [OPTION...]
configure() {
    preset=$1
    shift
    tests=OFF
    installed libboost-test-dev && tests=ON
    step "configuring build/$preset"
    quietly "out/log/configure-$preset.txt" cmake --preset "$preset" -DXGRAD_BUILD_TESTS=$tests "$@"
}

# build PRESET [--target TARGET...]
build() {
    preset=$1
    shift
    step "building build/$preset with $(job_count) jobs"
    cmake --build "build/$preset" --parallel "$(job_count)" "$@" || fail "the build failed: build/$preset"
}

# run_tests PRESET: its last lines are ctest's summary, its status is ctest's.
run_tests() {
    configure "$1" -DXGRAD_BUILD_TESTS=ON
    build "$1"
    step "testing build/$1"
    # g++ 12's thread sanitizer stops at start-up where the kernel randomises addresses more than it expects.
    fixed_addresses=
    if [ "$1" = tsan ] && setarch -R true 2> /dev/null; then
        fixed_addresses="setarch -R"
    fi
    $fixed_addresses ctest --preset "$1" --output-on-failure --parallel "$(nproc)"
}

# ---------------------------------------------------------------- verbs

verb_demo() {
    need $demo_packages
    configure release
    build release --target demo
    step "running the demo"
    build/release/bin/demo --out out/demo "$@" || fail "the demo failed"
    step "done: open $root/out/demo/index.html"
}

# The programs that state claims, in the order of their tutorials; their names are also those of their folders in out/.
experiments() { grep -l 'common::options(' examples/*.cpp examples/*/main.cpp | sed 's|/main\.cpp$||; s|.*/||; s|\.cpp$||'; }

verb_experiments() {
    need $experiment_packages
    configure release
    build release --target $(experiments)
    bad=
    tables=
    for name in $(experiments); do
        step "experiment: $name"
        rm -f "out/$name/claims.csv"
        build/release/bin/$name --out "out/$name" || bad="$bad $name"
        [ ! -f "out/$name/claims.csv" ] || tables="$tables out/$name/claims.csv"
    done
    cat $tables | awk -F, -f examples/common/claims.awk
    # The pictures of the pages are those that the programs write (but for one with times in it).
    for picture in docs/images/*/*.svg; do
        same=no
        [ "$picture" != docs/images/passes/replay.svg ] || continue
        for made in out/*/"${picture##*/}"; do cmp -s "$made" "$picture" && same=yes; done
        [ $same = yes ] || step "note: $picture is not what this run drew (another processor, or version of gnuplot or Graphviz?)"
    done
    [ -z "$bad" ] || fail "not as claimed:$bad"
}

verb_test() {
    known_preset "${1:-release}"
    need $test_packages
    run_tests "${1:-release}"
}

verb_build() {
    known_preset "${1:-release}"
    need $build_packages
    configure "${1:-release}"
    build "${1:-release}"
    step "done: build/${1:-release}"
}

verb_bench() {
    peers=OFF
    for argument in "$@"; do
        [ "$argument" = --peers ] && peers=ON
    done
    if [ $peers = ON ]; then
        need $build_packages libtorch-dev
    else
        need $build_packages
    fi
    configure release -DXGRAD_BUILD_BENCHMARKS=ON -DXGRAD_BUILD_PEERS=$peers
    build release
    step "running the benchmarks"
    build/release/bin/bench "$@"
}

verb_docs() {
    case ${1:-} in
        '' | --check) ;;
        *) echo "unknown argument: $1" >&2; help >&2; exit 2 ;;
    esac
    need $docs_packages
    step "writing the documentation"
    sh docs/site/build.sh out/docs || fail "the documentation could not be written"
    if [ "${1:-}" = --check ]; then
        step "checking the documentation"
        sh docs/site/check.sh out/docs build/release/compile_commands.json || fail "the documentation is not in order"
    elif [ -s out/docs-work/warnings.txt ]; then
        cat out/docs-work/warnings.txt
    fi
    step "done: open $root/out/docs/index.html"
}

verb_check() {
    need $test_packages clang-format
    step "format"
    sources=$(find autodiff nn include/xgrad tests examples tools -name '*.[ch]pp' 2> /dev/null | sort)
    [ -z "$sources" ] || clang-format --dry-run -Werror $sources ||
        fail "the format differs from .clang-format: run clang-format -i on these files"
    for compiler in g++ clang++; do
        step "warnings as errors, $compiler"
        quietly "out/log/configure-$compiler.txt" cmake -S . -B "build/werror-$compiler" -G Ninja \
            -DCMAKE_CXX_COMPILER=$compiler -DCMAKE_BUILD_TYPE=Release -DXGRAD_WERROR=ON
        build "werror-$compiler"
    done
    run_tests asan
    run_tests tsan
    step "all checks passed"
}

verb=${1:-help}
[ $# -eq 0 ] || shift
case $verb in
    demo | experiments | test | build | bench | docs | check) "verb_$verb" "$@" ;;
    help | -h | --help) help ;;
    *) echo "unknown verb: $verb" >&2; help >&2; exit 2 ;;
esac
