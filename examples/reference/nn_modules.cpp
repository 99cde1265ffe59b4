// Models are plain structs: what walks them, names them, copies them; starting values of their weights.
#include <xgrad/nn.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

// The model of this page: two layers, one after the other.
struct Net {
    nn::Linear hidden{2, 3}, out{3, 1};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Net::hidden), field("out", &Net::out)};
    }
    Variable operator()(Variable x) const { return out(tanh(hidden(x))); }
};

void walking(Tape& tape)
{
    {
        //! [field, Field]
        struct Model {
            nn::Linear hidden{2, 3}, out{3, 1};
            static constexpr auto members()  // each a Field: a name and a pointer to the member
            {
                return std::tuple{field("hidden", &Model::hidden), field("out", &Model::out)};
            }
            Variable operator()(Variable x) const { return out(tanh(hidden(x))); }
        };
        const Field<Model, nn::Linear> second = std::get<1>(Model::members());
        show(second.name);                             // out
        show(nn::named_parameters(Model())[2].first);  // out.weight
        //! [field, Field]
    }
    {
        //! [nn::module_like]
        show(nn::module_like<nn::Linear> && nn::module_like<std::vector<nn::Linear>>);  // true
        show(nn::module_like<int>);  // false  (what has no members(), no parameters)
        //! [nn::module_like]
    }
    {
        //! [nn::parameters]
        Net net;  // a struct with hidden = Linear(2, 3) and out = Linear(3, 1)
        const std::vector<Parameter> all = nn::parameters(net);  // each once; names them too
        show(all.size());                                        // 4
        show(all[0].name());                                     // hidden.weight
        //! [nn::parameters]
    }
    {
        //! [nn::named_parameters]
        const Net net;  // a struct with hidden = Linear(2, 3) and out = Linear(3, 1)
        for (const auto& [path, parameter] : nn::named_parameters(net))
            if (path == "out.weight") show(parameter.shape());  // [3, 1]
        //! [nn::named_parameters]
    }
    {
        //! [nn::for_each_parameter]
        const Net net;  // a struct with hidden = Linear(2, 3) and out = Linear(3, 1)
        std::int64_t numbers = 0;
        nn::for_each_parameter(net, [&](const std::string&, const Parameter& p) { numbers += p.size(); });
        show(numbers);  // 13  (2 x 3 + 3 and 3 + 1)
        //! [nn::for_each_parameter]
    }
    {
        //! [nn::name_parameters]
        Net net;                    // a struct with hidden = Linear(2, 3) and out = Linear(3, 1)
        nn::name_parameters(net);   // parameters() and others do it by themselves
        show(net.out.bias.name());  // out.bias
        //! [nn::name_parameters]
    }
    {
        //! [nn::clone]
        Net net;  // a struct with hidden = Linear(2, 3) and out = Linear(3, 1)
        const Net shares = net, own = nn::clone(net);  // copying a module shares its parameters
        net.out.bias.assign(xt::xarray<float>{7.f});
        show(shares.out.bias.array());       // [7]
        show(own.out.bias == net.out.bias);  // false
        //! [nn::clone]
    }
    {
        //! [nn::buffers, nn::named_buffers, nn::named_state]
        const nn::BatchNorm1d layer(2);
        show(nn::buffers(layer).size());          // 3  (state that no optimizer takes)
        show(nn::named_buffers(layer)[0].first);  // running_mean
        show(nn::named_state(layer).size());      // 5  (weight and bias, and these)
        //! [nn::buffers, nn::named_buffers, nn::named_state]
    }
    {
        //! [nn::model_like, nn::changeable_module]
        show(nn::model_like<nn::Linear>);               // true  (turns one Variable into another)
        show(nn::model_like<Parameter>);                // false
        show(nn::changeable_module<const nn::Linear>);  // false  (nothing may be named in it)
        //! [nn::model_like, nn::changeable_module]
    }
    {
        //! [nn::ModuleScope]
        struct Encoder {
            nn::ModuleScope scope{"Encoder"};  // a frame of its own in pictures, a place in messages
            nn::Linear linear{2, 3};
            static constexpr auto members() { return std::tuple{field("linear", &Encoder::linear)}; }
            Variable operator()(Variable x) const
            {
                const auto guard = scope.enter(x);  // until it ends, what is recorded belongs to this module
                return tanh(linear(x));
            }
        };
        const Graph graph = record(Encoder(), xt::xarray<float>{{1, 2}});
        show(graph.scope(graph[graph.outputs()[0]].scope).type);  // Encoder
        //! [nn::ModuleScope]
    }
    {
        //! [record]
        Net net;  // a struct with hidden = Linear(2, 3) and out = Linear(3, 1)
        const Graph graph = record(net, xt::xarray<float>{{1, 2}});  // the model as data, for inference
        show(graph.parameters().size());                             // 4
        show(graph(zeros(tape.variable(0.f), {5, 2})).shape());      // [5, 1]  (other rows are welcome)
        //! [record]
    }
    {
        //! [nn::Checkpoint]
        const nn::Checkpoint<Net> net{Net()};  // computes again what is within, instead of keeping it
        const Variable x = zeros(tape.variable(0.f), {5, 2});
        show(net(x).shape());                      // [5, 1]
        show(nn::named_parameters(net)[0].first);  // hidden.weight
        //! [nn::Checkpoint]
    }
    {
        //! [nn::loss_like]
        show(nn::loss_like<decltype(nn::mse_loss)>);  // true  (so grad(net, loss) takes it)
        nn::Linear net(1, 1, {.bias = false, .dtype = DType::float64});
        nn::initialise(net, nn::constant(3), 1);
        const Variable x = full(tape.variable(0.), {1, 1}, 2), t = zeros(x, {1, 1});
        show(grad(net, nn::mse_loss)(x, t)[net.weight]);  // [[24]]  (2 (3 x - 0) x for x = 2)
        //! [nn::loss_like]
    }
}

void starting_values(Tape& tape)
{
    {
        //! [nn::initialise]
        Net net;  // a struct with hidden = Linear(2, 3) and out = Linear(3, 1)
        nn::initialise(net, nn::xavier_uniform, /*seed=*/1);  // weights by the rule, biases 0
        show(net.hidden.bias.array());                        // [0, 0, 0]
        const Array weight = net.hidden.weight.array();
        nn::initialise(net, nn::xavier_uniform, 1);
        show(net.hidden.weight.array().value<float>() == weight.value<float>());  // true  (the seed decides)
        //! [nn::initialise]
    }
    {
        //! [nn::xavier_uniform, nn::kaiming_uniform]
        nn::Linear layer(100, 200);
        nn::initialise(layer, nn::xavier_uniform, 1);           // on +-sqrt(6 / (100 + 200)): for tanh
        show(statistics(layer.weight.array()).max <= 0.14143);  // true
        nn::initialise(layer, nn::kaiming_uniform, 1);          // on +-sqrt(6 / 100): for ReLU
        show(statistics(layer.weight.array()).max > 0.24);      // true
        //! [nn::xavier_uniform, nn::kaiming_uniform]
    }
    {
        //! [nn::xavier_normal, nn::kaiming_normal]
        nn::Linear layer(100, 200);
        nn::initialise(layer, nn::xavier_normal, 1);                                 // variance 2 / 300
        show(std::abs(var(tape.parameter(layer.weight)).item() - 2. / 300) < 5e-4);  // true
        nn::Linear other(100, 200);
        nn::initialise(other, nn::kaiming_normal, 1);                            // variance 2 / 100
        show(std::abs(var(tape.parameter(other.weight)).item() - 0.02) < 1e-3);  // true
        //! [nn::xavier_normal, nn::kaiming_normal]
    }
    {
        //! [nn::uniform, nn::normal]
        nn::Linear layer(100, 200);
        nn::initialise(layer, nn::uniform(1, 2), 1);
        show(statistics(layer.weight.array()).min >= 1);  // true
        nn::initialise(layer, nn::normal(5, 0.1), 1);
        show(std::abs(statistics(layer.weight.array()).mean - 5) < 0.01);  // true
        //! [nn::uniform, nn::normal]
    }
    {
        //! [nn::zeros, nn::constant]
        nn::Linear layer(2, 2);
        nn::initialise(layer, nn::zeros, 1);
        show(layer.weight.array());  // [[0, 0], [0, 0]]
        nn::initialise(layer, nn::constant(0.5), 1);
        show(layer.weight.array());  // [[0.5, 0.5], [0.5, 0.5]]
        //! [nn::zeros, nn::constant]
    }
    {
        //! [nn::Initialiser]
        using Rule = nn::Initialiser::Rule;
        using Law = nn::Initialiser::Law;
        const nn::Initialiser lecun{Rule::fan_in, Law::normal, 1};  // a rule of your own: variance 1 / fan_in
        nn::Linear layer(100, 200);
        nn::initialise(layer, lecun, 1);
        show(std::abs(var(tape.parameter(layer.weight)).item() - 0.01) < 5e-4);  // true
        //! [nn::Initialiser]
    }
}

const shown::Page page("Modules", {walking, starting_values});

}  // namespace
