#!/usr/bin/env bash
# usage: plain.sh COMPILER INCLUDE PROGRAM    one compiler line, no build system
set -euo pipefail
cd "$(dirname "$0")"
"$1" -std=c++20 -I "$2" main.cpp other.cpp -o "$3"
exec "$3"
