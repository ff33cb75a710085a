#!/usr/bin/env bash
# usage: check.sh compile NVCC INCLUDE SOURCE.cu PROGRAM     for sm_80 and sm_90; 77 where there is no nvcc
#        check.sh run PROGRAM                                77 where it was not compiled or there is no GPU
set -euo pipefail
case $1 in
  compile)
    nvcc=$2 include=$3 source=$4 program=$5
    rm -f "$program"
    if ! command -v "$nvcc" >/dev/null; then
      echo "skipped: nvcc is not installed"
      exit 77
    fi
    options=() libraries=(-lcublasLt)
    if echo '#include <cudnn.h>' | "$nvcc" -x cu -E - >/dev/null 2>&1; then
      options+=(-DETCH_CUDNN=1) libraries+=(-lcudnn)
    else
      echo "cuDNN is not installed: its convolutions are not compiled"
    fi
    "$nvcc" "${options[@]}" -std=c++20 --expt-relaxed-constexpr -diag-suppress 20208 -O1 -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90 -Xcompiler=-Wall,-Wextra -I "$include" -c "$source" -o "$program.o"
    "$nvcc" "$program.o" "${libraries[@]}" -o "$program"
    ;;
  run)
    if [[ ! -x $2 ]]; then
      echo "skipped: it was not compiled"
      exit 77
    fi
    exec "$2"
    ;;
esac
