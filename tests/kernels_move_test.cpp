// Kernels that move elements: permute, slice, concat, split, broadcast.

#define BOOST_TEST_MODULE kernels_move
#include <boost/test/unit_test.hpp>

#include <numeric>
#include <utility>

#include "autodiff/kernels/move.hpp"
#include "kernels_support.hpp"

using namespace xgrad::kernels;

namespace {

/// Calls f(flat index, multi-index) for every element of a shape.
template <class F>
void each_index(const Shape& shape, F f)
{
    Shape index(shape.size(), 0);
    for (std::int64_t at = 0; at < count(shape); ++at) {
        std::int64_t rest = at;
        for (std::size_t i = shape.size(); i-- > 0; rest /= shape[i]) index[i] = rest % shape[i];
        f(at, index);
    }
}

std::int64_t flat(const Shape& shape, const Shape& index)
{
    std::int64_t at = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) at = at * shape[i] + index[i];
    return at;
}

template <class E>
std::vector<E> numbered(std::int64_t n)
{
    std::vector<E> v(n);
    for (std::int64_t i = 0; i < n; ++i) v[i] = E(i * 2654435761 >> 3);
    return v;
}

}  // namespace

using Elements = std::tuple<std::uint8_t, std::uint32_t, std::uint64_t>;

BOOST_AUTO_TEST_CASE_TEMPLATE(permute_agrees_with_the_definition_for_every_order, E, Elements)
{
    for (Shape shape :
         {Shape{}, Shape{5}, Shape{0, 3}, Shape{3, 5}, Shape{40, 67}, Shape{129, 33}, Shape{2, 3, 4},
          Shape{17, 2, 19}, Shape{1, 5, 1}, Shape{2, 3, 4, 5}, Shape{18, 1, 3, 20}, Shape{2, 2, 3, 2, 3}}) {
        const auto in = numbered<E>(count(shape));
        Shape perm(shape.size());
        std::iota(perm.begin(), perm.end(), 0);
        do {
            Shape to;
            for (auto p : perm) to.push_back(shape[p]);
            std::vector<E> out(in.size()), want(in.size());
            each_index(to, [&](std::int64_t at, const Shape& index) {
                Shape from(shape.size());
                for (std::size_t i = 0; i < perm.size(); ++i) from[perm[i]] = index[i];
                want[at] = in[flat(shape, from)];
            });
            permute(in.data(), out.data(), sizeof(E), shape, perm);
            BOOST_TEST((out == want));
        } while (std::next_permutation(perm.begin(), perm.end()));
    }
}

namespace {

struct Cut {
    Shape in, start, step, out;
};
const std::vector<Cut> cuts{{{}, {}, {}, {}},
                            {{10}, {2}, {1}, {5}},
                            {{10}, {9}, {-1}, {10}},
                            {{10}, {8}, {-3}, {3}},
                            {{10}, {3}, {2}, {0}},
                            {{4, 6}, {1, 2}, {1, 1}, {2, 3}},
                            {{4, 6}, {0, 0}, {2, 1}, {2, 6}},
                            {{4, 6}, {3, 5}, {-1, -1}, {4, 6}},
                            {{4, 6}, {0, 3}, {1, 1}, {4, 1}},
                            {{3, 4, 5}, {0, 1, 0}, {1, 2, 1}, {3, 2, 5}},
                            {{3, 40, 50}, {2, 39, 1}, {-2, -3, 2}, {2, 13, 20}},
                            {{0, 4}, {0, 1}, {1, 1}, {0, 2}}};

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(slice_agrees_with_the_definition_negative_steps_included, E, Elements)
{
    for (const auto& c : cuts) {
        const auto in = numbered<E>(count(c.in));
        std::vector<E> out(count(c.out)), want(count(c.out));
        each_index(c.out, [&](std::int64_t at, Shape index) {
            for (std::size_t i = 0; i < index.size(); ++i) index[i] = c.start[i] + index[i] * c.step[i];
            want[at] = in[flat(c.in, index)];
        });
        slice(in.data(), out.data(), sizeof(E), c.in, c.start, c.step, c.out);
        BOOST_TEST((out == want));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(unslice_is_the_adjoint_of_slice, T, Floats)
{
    for (const auto& c : cuts) {
        const auto g = random_values<T>(count(c.out));
        std::vector<T> dx(count(c.in), T(9)), back(g.size());
        unslice(g.data(), dx.data(), c.in, c.start, c.step, c.out);
        slice(dx.data(), back.data(), sizeof(T), c.in, c.start, c.step, c.out);
        BOOST_TEST((back == g));
        BOOST_TEST(std::count(dx.begin(), dx.end(), T(0)) == std::int64_t(dx.size() - g.size()));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(split_takes_apart_what_concat_joined, E, Elements)
{
    for (std::int64_t outer : {0, 1, 3})
        for (std::int64_t inner : {0, 1, 5}) {
            const std::vector<std::int64_t> lengths{2, 0, 1, 7};
            std::vector<std::vector<E>> parts;
            std::vector<Piece> pieces;
            for (auto length : lengths) parts.push_back(numbered<E>(outer * length * inner + 1));
            for (std::size_t i = 0; i < parts.size(); ++i) pieces.push_back({parts[i].data(), lengths[i]});
            std::vector<E> joined(outer * 10 * inner + 1);
            concat(pieces, joined.data(), sizeof(E), outer, inner);
            std::int64_t begin = 0;
            for (std::size_t i = 0; i < parts.size(); begin += lengths[i++]) {
                std::vector<E> back(parts[i].size(), parts[i].back());
                split_piece(joined.data(), back.data(), sizeof(E), outer, 10, inner, begin, lengths[i]);
                BOOST_TEST((back == parts[i]));
            }
        }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(broadcast_to_repeats_along_new_and_unit_axes, E, Elements)
{
    const std::vector<std::pair<Shape, Shape>> cases{{{}, {}},         {{}, {3, 4}},
                                                     {{4}, {3, 4}},    {{3, 1}, {3, 40}},
                                                     {{1, 4}, {3, 4}}, {{2, 1, 3}, {5, 2, 4, 3}},
                                                     {{1}, {0}},       {{1, 3, 1, 2}, {2, 3, 70, 2}},
                                                     {{7}, {7}},       {{2, 3}, {4, 5, 2, 3}}};
    for (const auto& c : cases) {
        const auto &from = c.first, &to = c.second;
        const auto in = numbered<E>(count(from));
        std::vector<E> out(count(to)), want(count(to));
        each_index(to, [&](std::int64_t at, const Shape& index) {
            Shape source(index.end() - std::ptrdiff_t(from.size()), index.end());
            for (std::size_t i = 0; i < from.size(); ++i) source[i] = from[i] == 1 ? 0 : source[i];
            want[at] = in[flat(from, source)];
        });
        broadcast_to(in.data(), out.data(), sizeof(E), from, to);
        BOOST_TEST((out == want));
    }
}
