// The code of docs/saving.md: a model's numbers in a file.
#include <cstring>
#include <fstream>
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

using namespace xgrad;

//! [model]
struct Model {
    nn::Linear hidden{2, 16};
    nn::BatchNorm1d norm{16};
    nn::Linear out{16, 1};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Model::hidden), field("norm", &Model::norm),
                          field("out", &Model::out)};
    }
    Variable operator()(Variable x) const { return out(relu(norm(hidden(x)))); }
};
//! [model]

//! [save]
// name, shape, number of bytes, the bytes: parameters and buffers, in the order of members(). For machines of one byte order.
template <class M>
void save(M& model, const std::string& path)
{
    std::ofstream file(path, std::ios::binary);
    for (const auto& [name, parameter] : nn::named_state(model)) {
        const Array array = parameter.array();
        const std::size_t bytes = static_cast<std::size_t>(array.size()) * size_of(array.dtype());
        file << name << " " << to_string(array.shape()) << " " << bytes << "\n";
        file.write(static_cast<const char*>(array.data()), static_cast<std::streamsize>(bytes));
        file << "\n";
    }
    if (!file) throw DataError("save: " + path + " could not be written");
}
//! [save]

//! [load]
// All or nothing: the model is written only when the whole file fits it.
template <class M>
void load(M& model, const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file) throw DataError("load: " + path + " could not be read");
    const auto state = nn::named_state(model);
    std::vector<Array> arrays;
    for (const auto& [name, parameter] : state) {
        const Array old = parameter.array();
        const std::size_t bytes = static_cast<std::size_t>(old.size()) * size_of(old.dtype());
        const std::string expected = name + " " + to_string(old.shape()) + " " + std::to_string(bytes);
        std::string found;
        std::getline(file, found);
        if (found != expected)
            throw DataError("load: " + path + " has '" + found + "', the model has '" + expected + "'");
        Array array(old.dtype(), Shape(old.shape().begin(), old.shape().end()));
        file.read(static_cast<char*>(array.mutable_data()), static_cast<std::streamsize>(bytes));
        if (file.get() != '\n') throw DataError("load: " + path + " ends within " + name);
        arrays.push_back(std::move(array));
    }
    for (std::size_t k = 0; k < state.size(); ++k) {
        Parameter parameter = state[k].second;
        parameter.assign(arrays[k]);
    }
}
//! [load]

int main()
{
    const nn::Dataset data = nn::make_moons(200, 0.1, /*seed=*/1);
    const Array &x = data.x, &t = data.t;
    //! [use]
    Model trained;
    auto step = nn::compile(trained, nn::logistic_loss, nn::Adam{.rate = 1e-2});
    for (int k = 0; k < 50; ++k) step(x, t);
    save(trained, "model.bin");

    Model fresh;
    load(fresh, "model.bin");
    //! [use]
    Tape tape({.training = false});
    const Variable a = trained(tape.constant(x)), b = fresh(tape.constant(x));
    const bool same = all(equal(a, b)).item() == 1;

    bool refused = false;
    nn::Linear other(3, 3);
    const xt::xarray<float> before = other.weight.value<float>();
    try {
        load(other, "model.bin");
    } catch (const DataError& error) {
        std::cout << error.what() << "\n";
        refused = other.weight.value<float>() == before;
    }

    //! [resume]
    for (const Parameter& slot : step.optimizer().slots())  // Adam's moments, to go on where one stopped
        std::cout << to_string(slot.array().shape()) << "\n";
    //! [resume]
    return same && refused ? 0 : 1;
}
