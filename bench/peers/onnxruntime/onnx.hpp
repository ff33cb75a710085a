// What the bench needs of ONNX and of ONNX Runtime, whose wheel brings the library but neither headers nor a tool that makes
// models: protobuf's wire format, the messages of onnx.proto in use, and a few entries of the table of functions that is its C API.
#pragma once

#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <vector>

namespace onnx {

/// A message in protobuf's wire format.
struct Message {
  std::string bytes;

  Message& number(int field, std::uint64_t value) { return varint(static_cast<std::uint64_t>(field) << 3), varint(value); }
  Message& text(int field, const std::string& value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 2), varint(value.size());
    bytes += value;
    return *this;
  }
  Message& part(int field, const Message& value) { return text(field, value.bytes); }

 private:
  Message& varint(std::uint64_t value) {
    for (; value > 127; value >>= 7) bytes += static_cast<char>(value | 128);
    bytes += static_cast<char>(value);
    return *this;
  }
};

inline Message value_info(const std::string& name, const std::vector<std::int64_t>& sizes) {
  Message shape, type;
  for (const std::int64_t n : sizes) shape.part(1, Message{}.number(1, static_cast<std::uint64_t>(n)));
  type.part(1, Message{}.number(1, 1).part(2, shape));  // float32
  return Message{}.text(1, name).part(2, type);
}

inline Message node(const std::string& kind, std::initializer_list<const char*> inputs, const std::string& output) {
  Message m;
  for (const char* input : inputs) m.text(1, input);
  return m.text(2, output).text(4, kind);
}

inline Message tensor(const std::string& name, const std::vector<std::int64_t>& sizes, const float* data) {
  Message m;
  std::size_t count = 1;
  for (const std::int64_t n : sizes) m.number(1, static_cast<std::uint64_t>(n)), count *= static_cast<std::size_t>(n);
  return m.number(2, 1).text(8, name).text(9, std::string(reinterpret_cast<const char*>(data), count * sizeof(float)));
}

inline std::string model(const Message& graph) {
  return Message{}.number(1, 8).part(7, graph).part(8, Message{}.text(1, "").number(2, 13)).bytes;  // IR version 8, operators 13
}

/// Places in OrtApi, which only ever grows at its end.
enum Function { get_error_message = 2, create_env = 3, create_session_from_array = 8, run_session = 9, create_session_options = 10,
                set_intra_op_threads = 24, create_tensor_with_data = 49, create_cpu_memory_info = 69 };

struct ApiBase {
  void* const* (*get_api)(std::uint32_t version);
  const char* (*get_version)();
};

inline void* const* api() {
  void* library = dlopen(ETCH_ONNXRUNTIME, RTLD_NOW);
  void* base = library == nullptr ? nullptr : dlsym(library, "OrtGetApiBase");
  if (base == nullptr) {
    std::fprintf(stderr, "onnxruntime: %s\n", dlerror());
    std::exit(1);
  }
  return reinterpret_cast<const ApiBase* (*)()>(base)()->get_api(17);
}

template <class... Arguments>
void call(Function f, Arguments... arguments) {
  static void* const* const function = api();
  if (void* status = reinterpret_cast<void* (*)(Arguments...)>(function[f])(arguments...); status != nullptr) {
    std::fprintf(stderr, "onnxruntime: %s\n", reinterpret_cast<const char* (*)(void*)>(function[get_error_message])(status));
    std::exit(1);
  }
}

/// A session on one thread with one input `x` and one output `y`, both bound to memory that stays.
class Session {
 public:
  Session(const std::string& model, int threads, float* x, std::vector<std::int64_t> x_sizes, float* y, std::vector<std::int64_t> y_sizes) {
    void *environment = nullptr, *options = nullptr, *memory = nullptr;
    call(create_env, 3, "bench", &environment);  // says errors only
    call(create_session_options, &options);
    call(set_intra_op_threads, options, threads);
    call(create_session_from_array, environment, static_cast<const void*>(model.data()), model.size(), options, &session_);
    call(create_cpu_memory_info, 0, 0, &memory);
    x_ = value(memory, x, x_sizes);
    y_ = value(memory, y, y_sizes);
  }

  void run() {
    const char *const in[] = {"x"}, *const out[] = {"y"};
    const void* const inputs[] = {x_};
    void* outputs[] = {y_};
    call(run_session, session_, static_cast<void*>(nullptr), &in[0], &inputs[0], std::size_t{1}, &out[0], std::size_t{1}, &outputs[0]);
  }

 private:
  static void* value(void* memory, float* data, const std::vector<std::int64_t>& sizes) {
    std::size_t bytes = sizeof(float);
    for (const std::int64_t n : sizes) bytes *= static_cast<std::size_t>(n);
    void* made = nullptr;
    call(create_tensor_with_data, memory, static_cast<void*>(data), bytes, sizes.data(), sizes.size(), 1, &made);
    return made;
  }

  void *session_ = nullptr, *x_ = nullptr, *y_ = nullptr;
};

}  // namespace onnx
