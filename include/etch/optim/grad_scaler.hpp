// Loss scaling: gradients that float16 cannot hold are computed of a loss times a scale, and divided by it before the update.
//
//   auto step = train_step(model, autocast<half>(loss), optim::scaled(optim::AdamW{}, optim::GradScaler{}), x, y);
//
// A step whose gradient is not finite is left out, and the scale shrinks; it grows after `growth_interval` steps that were not. As torch.amp.GradScaler.
#pragma once

#include <etch/ops/compare.hpp>
#include <etch/ops/reduce.hpp>
#include <etch/optim/options.hpp>
#include <etch/run/update.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

struct GradScaler {
  double init_scale = 65536;
  double growth_factor = 2;
  double backoff_factor = 0.5;
  std::int64_t growth_interval = 2000;
  bool enabled = true;

  double scale = 0;                 ///< of this step; 0 before the first
  std::int64_t growth_tracker = 0;  ///< finite steps since it changed
  std::int64_t skipped = 0;         ///< steps left out so far

  double get_scale() const { return !enabled ? 1 : scale == 0 ? init_scale : scale; }
  void check() const {
    detail::positive("init_scale", init_scale);
    if (!(growth_factor > 1)) fail("optim::GradScaler", "growth_factor must be above 1", detail::option_text("growth_factor", growth_factor));
    if (!(backoff_factor < 1)) fail("optim::GradScaler", "backoff_factor must be below 1", detail::option_text("backoff_factor", backoff_factor));
  }
  /// After each step: whether its gradient held infinities or NaNs.
  void update(bool found_inf) {
    if (!enabled) return;
    scale = get_scale();
    if (found_inf) {
      scale *= backoff_factor;
      growth_tracker = 0;
      ++skipped;
    } else if (++growth_tracker == growth_interval) {
      const double grown = scale * growth_factor;
      if (grown <= 3.4028234663852886e38) scale = grown;  // a float holds it
      growth_tracker = 0;
    }
  }
};

namespace detail {
template <class M, class Optimizer, class Place>
class ScaledUpdate;

/// Gradients divided by the scale, and whether some are not finite.
template <class T, int N>
struct Unscale {
  static constexpr int capacity = 64;
  static constexpr void trace(etch::detail::Builder& b) {
    using etch::detail::Shape, etch::detail::SlotKind;
    const Shape all{1, {N}};
    const Tracer<T, N> g{&b, b.input(b.add_slot(SlotKind::tensor, dtype_of<T>, all), 0, dtype_of<T>, all)};
    const Tracer<T> inverse{&b, b.input(b.add_slot(SlotKind::scalar, dtype_of<T>, Shape{}), 0, dtype_of<T>, Shape{})};
    b.output((g * inverse).id, 0);
    b.output(sum(to<float>(!isfinite(g))).id, 1);
  }
};
}  // namespace detail

/// An optimizer behind a scaler; its own fields stay where they were: `step.optimizer().lr`, `step.optimizer().scaler.get_scale()`.
template <class Inner>
struct Scaled : Inner {
  GradScaler scaler;

  template <class M, class Place>
  using engine = detail::ScaledUpdate<M, Scaled, Place>;
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    Inner::options(o, f);
    f("scale", o.scaler.scale), f("growth_tracker", o.scaler.growth_tracker), f("skipped", o.scaler.skipped);
  }
  void check() {
    Inner::check();
    scaler.check();
  }
};
/// `scaled(AdamW{.lr = 1e-3}, GradScaler{.init_scale = 1024})`
template <class Inner>
constexpr Scaled<Inner> scaled(const Inner& inner, const GradScaler& scaler = {}) {
  return {inner, scaler};
}

namespace detail {

template <class M, class Inner, class Place>
class ScaledUpdate<M, Scaled<Inner>, Place> {
  using T = type_of<etch::detail::parameter_dtype<M>()>;
  using Engine = typename etch::detail::EngineOf<M, Inner, Place>::type;
  using Code = Compiled<Unscale<T, static_cast<int>(sizeof(M) / sizeof(T))>>;
  static_assert(!requires { Engine::closure; }, "etch: scaled: this optimizer evaluates the loss itself, so a scaler cannot leave its step out");

 public:
  static constexpr std::int64_t arena_bytes = Engine::arena_bytes + Code::arena_bytes;
  template <class Parameters>
  ScaledUpdate(Scaled<Inner>& optimizer, const Parameters& parameters)
      : inner_(optimizer, parameters), machine_(Place::template view<Code>()), found_(Place::allocate(sizeof(float), "whether gradients are finite")) {}

  void operator()(Scaled<Inner>& optimizer, std::int64_t step, void* block, void* gradient) {
    GradScaler& scaler = optimizer.scaler;
    const T inverse = static_cast<T>(1 / scaler.get_scale());
    Bindings in;
    in.bind(gradient);
    in.bind(&inverse);
    void* out[] = {gradient, found_.data()};
    machine_.run(in, out);
    float found = 0;
    Place::read(&found, found_.data(), sizeof found);
    const bool leave_out = scaler.enabled && found != 0;
    if (!leave_out) inner_(optimizer, step - scaler.skipped, block, gradient);
    scaler.update(leave_out);
  }
  void* state(int i) { return inner_.state(i); }
  const typename Place::Memory& memory(int i) const { return inner_.memory(i); }
  template <class F>
  void each_state(const Scaled<Inner>& optimizer, F f) {
    inner_.each_state(optimizer, f);
  }
  template <class F>
  void each_options(Scaled<Inner>& optimizer, F f) {
    inner_.each_options(optimizer, [&](int t, auto& options) {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(options)>, Inner>) f(t, optimizer);
      else f(t, options);
    });
  }

 private:
  Engine inner_;
  typename Place::Machine machine_;
  typename Place::Memory found_;
};

}  // namespace detail
}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
