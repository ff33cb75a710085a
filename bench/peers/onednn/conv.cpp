// The convolutions of conv_bench by oneDNN in the layouts it likes best: what must be laid out anew is so before the timing, as in
// a network that stays in these layouts. etch and PyTorch take and give plain NCHW in theirs.
#include <dnnl.hpp>

#include <string>

#include "exact.hpp"
#include "serve.hpp"

namespace {

using dnnl::memory;
using Forward = dnnl::convolution_forward;
using BackwardData = dnnl::convolution_backward_data;
using BackwardWeights = dnnl::convolution_backward_weights;
constexpr memory::dim channels = 64, side = 56;
const memory::dims one{1, 1};

/// A primitive and its arguments, ready to run.
struct Call {
  dnnl::primitive primitive;
  std::unordered_map<int, memory> arguments;
};

struct Convolution {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  memory::desc image, weight, bias;

  Convolution(memory::dim batch, bool depthwise)
      : image({batch, channels, side, side}, memory::data_type::f32, memory::format_tag::any),
        weight(depthwise ? memory::dims{channels, 1, 1, 3, 3} : memory::dims{channels, channels, 3, 3}, memory::data_type::f32, memory::format_tag::any),
        bias({channels}, memory::data_type::f32, memory::format_tag::a) {}

  /// Memory of these sizes in rows.
  memory in_rows(const memory::dims& sizes) const {
    memory::dims steps(sizes.size(), 1);
    for (std::size_t k = sizes.size() - 1; k > 0; --k) steps[k - 1] = steps[k] * sizes[k];
    return {memory::desc(sizes, memory::data_type::f32, steps), engine};
  }
  const memory& copied(memory& from, memory& to) const {
    dnnl::stream s(stream);
    dnnl::reorder(from, to).execute(s, from, to);
    s.wait();
    return to;
  }
  /// The bench's numbers in the layout of `desc`.
  memory numbers(const memory::desc& desc, std::uint32_t seed) const {
    memory plain = in_rows(desc.dims()), m(desc, engine);
    bench::fill(static_cast<float*>(plain.get_data_handle()), plain.get_desc().get_size() / sizeof(float), seed);
    return copied(plain, m);
  }

  Forward::primitive_desc forward_plan(bool with_relu) const {
    dnnl::primitive_attr after;
    dnnl::post_ops relu;
    relu.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
    if (with_relu) after.set_post_ops(relu);
    const auto kind = dnnl::prop_kind::forward_training;
    const auto direct = dnnl::algorithm::convolution_auto;
    const Forward::desc desc = with_relu ? Forward::desc(dnnl::prop_kind::forward_inference, direct, image, weight, bias, image, one, one, one) : Forward::desc(kind, direct, image, weight, image, one, one, one);
    return {desc, after, engine};
  }

  Call forward(bool with_relu) const {
    const auto plan = forward_plan(with_relu);
    Call call{Forward(plan), {{DNNL_ARG_SRC, numbers(plan.src_desc(), 0)}, {DNNL_ARG_WEIGHTS, numbers(plan.weights_desc(), 1)}, {DNNL_ARG_DST, numbers(plan.dst_desc(), 3)}}};
    if (with_relu) call.arguments.emplace(DNNL_ARG_BIAS, numbers(plan.bias_desc(), 2));
    return call;
  }

  Call backward_data() const {
    const BackwardData::primitive_desc plan(BackwardData::desc(dnnl::algorithm::convolution_direct, image, weight, image, one, one, one), engine, forward_plan(false));
    return {BackwardData(plan), {{DNNL_ARG_DIFF_DST, numbers(plan.diff_dst_desc(), 3)}, {DNNL_ARG_WEIGHTS, numbers(plan.weights_desc(), 1)}, {DNNL_ARG_DIFF_SRC, numbers(plan.diff_src_desc(), 0)}}};
  }

  Call backward_weights() const {
    const BackwardWeights::primitive_desc plan(BackwardWeights::desc(dnnl::algorithm::convolution_direct, image, weight, image, one, one, one), engine, forward_plan(false));
    return {BackwardWeights(plan), {{DNNL_ARG_DIFF_DST, numbers(plan.diff_dst_desc(), 3)}, {DNNL_ARG_SRC, numbers(plan.src_desc(), 0)}, {DNNL_ARG_DIFF_WEIGHTS, numbers(plan.diff_weights_desc(), 1)}}};
  }
};

void add(bench::Bench& bench, const std::string& name, memory::dim batch, bool depthwise) {
  const Convolution made(batch, depthwise);
  const auto step = [stream = made.stream](std::vector<Call> calls) -> std::function<void()> {
    return [stream, calls]() mutable {
      for (Call& call : calls) call.primitive.execute(stream, call.arguments);
      stream.wait();
    };
  };
  const bench::ExactConvolution exact{static_cast<std::size_t>(batch), depthwise ? 1u : static_cast<std::size_t>(channels)};
  /// A workload of these calls; error(k) is of the numbers of call k's result.
  const auto add = [&](const char* part, const std::vector<Call>& calls, std::vector<int> results, auto error) {
    const auto run = step(calls);
    bench.add(name + part, run, {.error = [=] {
                run();
                double most = 0;
                for (std::size_t k = 0; k < calls.size(); ++k) {
                  memory from = calls[k].arguments.at(results[k]), plain = made.in_rows(from.get_desc().dims());
                  most = std::fmax(most, error(k, static_cast<const float*>(made.copied(from, plain).get_data_handle())));
                }
                return most;
              }});
  };
  add("_forward", {made.forward(false)}, {DNNL_ARG_DST}, [exact](std::size_t, const float* y) { return exact.error(y, false); });
  add("_relu", {made.forward(true)}, {DNNL_ARG_DST}, [exact](std::size_t, const float* y) { return exact.error(y, true); });
  add("_backward", {made.backward_data(), made.backward_weights()}, {DNNL_ARG_DIFF_SRC, DNNL_ARG_DIFF_WEIGHTS},
      [exact](std::size_t k, const float* y) { return k == 0 ? exact.error_of_image(y) : exact.error_of_weight(y); });
}

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  add(bench, "conv_3x3_b1", 1, false);
  add(bench, "conv_3x3_b32", 32, false);
  add(bench, "conv_depthwise_b1", 1, true);
  add(bench, "conv_depthwise_b32", 32, true);
  return bench.run();
}
