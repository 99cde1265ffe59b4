// MultiheadAttention and TransformerEncoderLayer.
#include "xgrad/nn/attention.hpp"

#include <cmath>

#include "nn/init_fill.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::nn {

namespace {

void check_heads(const std::string& text, std::int64_t width, std::int64_t heads, double dropout)
{
    if (width <= 0 || heads <= 0 || width % heads != 0)
        throw ValueError(text + ": the number of heads must divide the width, and both be positive");
    if (!(dropout >= 0 && dropout < 1))
        throw ValueError(text + ": the dropout " + number_text(dropout) + " is not in [0, 1)");
}
// Checked before the members are made, so that the message is this layer's.
Linear packed_projection(std::int64_t width, std::int64_t heads, const MultiheadAttentionOptions& options)
{
    check_heads("MultiheadAttention{" + std::to_string(width) + ", " + std::to_string(heads) + "}", width,
                heads, options.dropout);
    return {width, 3 * width, {.bias = options.bias, .dtype = options.dtype}};
}

}  // namespace

MultiheadAttention::MultiheadAttention(std::int64_t width, std::int64_t heads,
                                       MultiheadAttentionOptions options)
    : qkv(packed_projection(width, heads, options)),
      out(width, width, {.bias = options.bias, .dtype = options.dtype}),
      heads(heads),
      causal(options.causal),
      dropout(options.dropout)
{
    constexpr std::uint64_t key = 0x786772616402;  // a stream for each parameter
    const double bound = std::sqrt(6.0 / static_cast<double>(4 * width));
    detail::fill_uniform(qkv.weight, -bound, bound, key, qkv.weight.id());
    if (!options.bias) return;
    qkv.bias = Parameter(options.dtype, {3 * width}, "bias");
    out.bias = Parameter(options.dtype, {width}, "bias");
}

Variable MultiheadAttention::operator()(Variable x) const
{
    const auto guard = scope.enter(x);
    const Variable packed = qkv(x);
    const bool drops = dropout > 0 && x.tape().training();
    return out(drops ? composed(packed, std::nullopt) : self_attention(packed, heads, causal));
}

Variable MultiheadAttention::operator()(Variable x, Variable mask) const
{
    const auto guard = scope.enter(x);
    return out(composed(qkv(x), mask));
}

Variable MultiheadAttention::composed(Variable packed, std::optional<Variable> mask) const
{
    if (packed.shape().size() < 2)
        throw ShapeError("MultiheadAttention: expected [..., steps, width], not one axis");
    // [..., steps, 3, heads, width] with the steps moved before the width.
    Shape shape(packed.shape().begin(), packed.shape().end());
    const std::int64_t width = shape.back() / 3;
    const auto steps = static_cast<std::int64_t>(shape.size()) - 2;
    shape.back() = heads;
    shape.push_back(width / heads);
    Shape joined(packed.shape().begin(), packed.shape().end());
    joined.back() = width;
    const auto part = [&](Variable x) { return transpose(reshape(x, shape), steps, steps + 1); };
    const std::vector<Variable> parts = split(packed, 3, -1);
    const Variable y = scaled_dot_product_attention(part(parts[0]), part(parts[1]), part(parts[2]),
                                                    {.mask = mask, .causal = causal, .dropout = dropout});
    return reshape(transpose(y, steps, steps + 1), joined);
}

namespace {
MultiheadAttentionOptions attention_options(const TransformerEncoderLayerOptions& options)
{
    return {.causal = options.causal, .dropout = options.dropout, .dtype = options.dtype};
}
}  // namespace

TransformerEncoderLayer::TransformerEncoderLayer(std::int64_t width, std::int64_t heads,
                                                 TransformerEncoderLayerOptions options)
    : attention(width, heads, attention_options(options)),
      linear1(width, options.feedforward, {.dtype = options.dtype}),
      linear2(options.feedforward, width, {.dtype = options.dtype}),
      norm1(width, {.epsilon = options.epsilon, .dtype = options.dtype}),
      norm2(width, {.epsilon = options.epsilon, .dtype = options.dtype}),
      gelu(options.gelu),
      norm_first(options.norm_first),
      dropout(options.dropout)
{}

Variable TransformerEncoderLayer::feed_forward(Variable x) const
{
    const Variable inner = linear1(x);
    const Variable active = gelu ? xgrad::gelu(inner) : relu(inner);
    return xgrad::dropout(linear2(xgrad::dropout(active, dropout)), dropout);
}

Variable TransformerEncoderLayer::operator()(Variable x) const
{
    const auto guard = scope.enter(x);
    if (norm_first) {
        const Variable y = x + xgrad::dropout(attention(norm1(x)), dropout);
        return y + feed_forward(norm2(y));
    }
    const Variable y = norm1(x + xgrad::dropout(attention(x), dropout));
    return norm2(y + feed_forward(y));
}

}  // namespace xgrad::nn
