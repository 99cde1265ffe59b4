#!/bin/sh
# The test `site`: writes the site to a folder and checks it. test.sh OUT compile_commands.json
set -eu
site=$(dirname "$0")
sh "$site/build.sh" "$1"
sh "$site/check.sh" "$1" "$2"
