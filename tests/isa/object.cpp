// Compiled twice: as work_base for any x86-64, as work_native for this machine.
#include "work.hpp"
#include "result.hpp"

#define ISA_TEXT_(x) #x
#define ISA_TEXT(x) ISA_TEXT_(x)

Result ISA_ENTRY();
Result ISA_ENTRY() { return {ISA_TEXT(ETCH_ABI), work()}; }
