#pragma once
#include "../for_each.h"
