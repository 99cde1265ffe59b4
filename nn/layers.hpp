// The layers of the library: Linear, Identity, Dropout, Sequential; activations.hpp has the activations.
#pragma once

#include <array>
#include <concepts>
#include <memory>
#include <tuple>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/nn/activations.hpp"
#include "xgrad/nn/module.hpp"

namespace xgrad::nn {

/// Options of Linear.
struct LinearOptions {
    bool bias = true;
    DType dtype = DType::float32;
};

/// y = x W + b for x [..., in] and y [..., out].
struct Linear {
    /// A fresh layer is usable: weight and bias are uniform on +-1 / sqrt(in), by numbers that depend on the
    /// parameters' ids; initialise() chooses otherwise and by a seed.
    /// @throws ValueError unless both sizes are positive; DtypeError unless the type carries gradients.
    Linear(std::int64_t in, std::int64_t out, LinearOptions options = {});

    /// @throws ShapeError, DtypeError if x does not fit.
    Variable operator()(Variable x) const;

    Parameter weight;  ///< [in, out]
    Parameter bias;    ///< [out], or absent
    ModuleScope scope{"Linear"};

    static constexpr auto members()
    {
        return std::array{field("weight", &Linear::weight), field("bias", &Linear::bias)};
    }
};

/// x itself.
struct Identity {
    Variable operator()(Variable x) const { return x; }
    static constexpr std::tuple<> members() { return {}; }
};
/// a x + b with two fixed numbers.
struct Affine {
    double a = 1, b = 0;
    Variable operator()(Variable x) const { return affine(x, a, b); }
    static constexpr std::tuple<> members() { return {}; }
};
/// While training: each element is 0 with probability p, else scaled by 1 / (1 - p). Else x itself.
struct Dropout {
    double p = 0.5;
    /// @throws ValueError unless 0 <= p < 1.
    Variable operator()(Variable x) const { return dropout(x, p); }
    static constexpr std::tuple<> members() { return {}; }
};

/// What Sequential holds: a model, or a function such as +[](Variable x) { return tanh(x); }.
template <class T>
concept stage = std::copy_constructible<T> &&
    (model_like<T> || std::convertible_to<T, Variable (*)(Variable)>);

/// Modules one after the other, called "0", "1", ...: Sequential{Linear{30, 16}, Tanh{}, Linear{16, 1}}. A
/// value: copying copies the stages (which share their parameters with the original's, as copies of modules
/// do).
class Sequential {
  public:
    Sequential() = default;
    // The order matters: asking whether a Sequential is a stage while its copy is being looked for would not end.
    template <class... M>
        requires(sizeof...(M) > 0 && !(sizeof...(M) == 1 && (std::same_as<M, Sequential> && ...)) &&
                 (stage<M> && ...))
    explicit Sequential(M... modules)
    {
        stages_.reserve(sizeof...(M));
        (append(std::make_unique<Holder<M>>(std::move(modules))), ...);
    }
    Sequential(const Sequential& other);
    Sequential(Sequential&&) noexcept = default;
    Sequential& operator=(Sequential other) noexcept;
    ~Sequential() = default;

    /// Appends a stage.
    template <stage M>
    Sequential& add(M module)
    {
        append(std::make_unique<Holder<M>>(std::move(module)));
        return *this;
    }
    std::size_t size() const { return stages_.size(); }

    Variable operator()(Variable x) const;

    void walk(detail::Reader& reader) const;
    void walk(detail::Editor& editor);

    ModuleScope scope{"Sequential"};

  private:
    struct Stage {
        virtual ~Stage() = default;
        virtual Variable call(Variable x) const = 0;
        virtual std::unique_ptr<Stage> copy() const = 0;
        virtual void read(detail::Reader& reader) const = 0;
        virtual void edit(detail::Editor& editor) = 0;
    };
    template <class M>
    struct Holder final : Stage {
        explicit Holder(M module) : module_(std::move(module)) {}
        Variable call(Variable x) const override { return module_(x); }
        std::unique_ptr<Stage> copy() const override { return std::make_unique<Holder>(module_); }
        void read(detail::Reader& reader) const override
        {
            if constexpr (module_like<M>) detail::walk(module_, reader);
        }
        void edit(detail::Editor& editor) override
        {
            if constexpr (module_like<M>) detail::walk(module_, editor);
        }
        M module_;
    };
    void append(std::unique_ptr<Stage> stage);

    std::vector<std::unique_ptr<Stage>> stages_;
};

}  // namespace xgrad::nn
