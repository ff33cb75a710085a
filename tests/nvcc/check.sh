#!/usr/bin/env bash
# usage: check.sh NVCC INCLUDE SOURCE.cu PROGRAM    compiles, links and runs; 77 where there is no nvcc
set -euo pipefail
nvcc=$1 include=$2 source=$3 program=$4
if ! command -v "$nvcc" >/dev/null; then
  echo "skipped: nvcc is not installed"
  exit 77
fi
"$nvcc" -std=c++20 -O1 -Xcompiler=-Wall,-Wextra -I "$include" -c "$source" -o "$program.o"
"$nvcc" "$program.o" -o "$program"
exec "$program"
