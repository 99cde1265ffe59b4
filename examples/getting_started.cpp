// The code of docs/getting_started.md: from arithmetic to a network on one's own CSV file.
#include <iostream>

//! [includes]
#include <xgrad/autodiff.hpp>  // tapes, variables, derivatives, collapse
#include <xgrad/draw.hpp>      // pictures
#include <xgrad/nn.hpp>        // layers, losses, optimizers, data
using namespace xgrad;
//! [includes]

//! [model]
struct Block {
    nn::Linear linear;
    explicit Block(std::int64_t in, std::int64_t out) : linear(in, out) {}
    static constexpr auto members() { return std::tuple{field("linear", &Block::linear)}; }
    Variable operator()(Variable x) const { return tanh(linear(x)); }
};

struct Model {
    std::vector<Block> blocks{Block(4, 16), Block(16, 16)};
    nn::Linear head{16, 3};
    static constexpr auto members()
    {
        return std::tuple{field("blocks", &Model::blocks), field("head", &Model::head)};
    }
    Variable operator()(Variable x) const
    {
        for (const Block& block : blocks) x = block(x);
        return head(x);
    }
};
//! [model]

void arithmetic()
{
    //! [tape]
    Tape tape;
    const auto x = tape.variable(xt::xarray<double>{0.5, 1., 2.}, "x");
    const xt::xarray<double> a = {1., 2., 3.};
    const auto y = sum(a * tanh(x) + x / 2.0);
    std::cout << "y = " << y << ", as a number " << y.item() << "\n";
    //! [tape]

    //! [derivatives]
    const auto dy = grad(y, x);            // dy/dx
    const auto second = grad(sum(dy), x);  // of the gradient
    const auto f = [](Variable v) { return sum(v * v * v); };
    std::cout << dy << " " << second << " " << grad(f)(x) << " " << hvp(f, x, x) << "\n";
    //! [derivatives]
}

void line_per_epoch(const nn::Dataset& train)
{
    Model model;
    nn::Optimizer optimizer(nn::Adam{.rate = 1e-2}, model);
    //! [epochs]
    const auto batches = train.batches(32, {.epochs = 40, .seed = 2});
    double total = 0;
    std::int64_t seen = 0;
    for (auto [x, t] : batches) {
        Tape tape;
        const auto loss = nn::cross_entropy(model(tape.constant(x)), tape.constant(t));
        total += loss.item();
        optimizer.step(grad(loss, optimizer.parameters()));
        if (++seen % batches.per_epoch() == 0)
            std::cout << "loss " << std::exchange(total, 0) / batches.per_epoch() << "\n";
    }
    //! [epochs]
}

int main()
{
    arithmetic();

    //! [data]
    auto data = nn::read_csv<float>("iris.csv", {.target = "species"});  // t: classes 0, 1, 2
    auto [train, test] = nn::split(data, 0.8, /*seed=*/1, {.stratified = true});
    nn::standardise(train, test);
    //! [data]

    //! [training]
    Model model;
    nn::initialise(model, nn::xavier_uniform, /*seed=*/1);
    nn::Optimizer optimizer(nn::Adam{.rate = 1e-2}, model);
    for (auto [x, t] : train.batches(32, {.epochs = 40, .seed = 2})) {
        Tape tape;
        const auto loss = nn::cross_entropy(model(tape.constant(x)), tape.constant(t));
        optimizer.step(grad(loss, optimizer.parameters()));
    }
    Tape tape;
    const auto right = equal(argmax(model(tape.constant(test.x)), 1), test.t);
    std::cout << "accuracy on the test rows: " << mean(cast(right, DType::float64)).item() << "\n";
    //! [training]

    line_per_epoch(train);

    //! [picture]
    const Graph graph = record(model, test.x);
    draw(graph).save("model.svg");  // also .png, .pdf, .dot
    std::cout << collapse_linear(graph).certificate;
    //! [picture]

    //! [modules]
    draw(record(model, test.x), {.depth = 1}).save("modules.svg");  // only the modules
    //! [modules]
}
