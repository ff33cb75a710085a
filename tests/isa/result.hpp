// What one object computed; the same in both objects, so it holds no type of etch's.
#pragma once

struct Result {
  const char* abi;  // which of etch's inline namespaces the object was built with
  double value;
};
