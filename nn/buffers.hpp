// Buffers of modules: state that is named, copied and saved with the parameters, but not trained (Parameter::buffer).
#pragma once

#include "xgrad/nn/module.hpp"

namespace xgrad::nn {

/// The module's buffers with their paths: state that is not trained, such as the running statistics of BatchNorm2d.
template <module_like M>
std::vector<std::pair<std::string, Parameter>> named_buffers(const M& net)
{
    detail::Collector collector(detail::Kind::buffers);
    detail::read(net, collector);
    return std::move(collector.found);
}
/// The buffers, each once.
template <module_like M>
std::vector<Parameter> buffers(const M& net)
{
    return detail::without_names(named_buffers(net));
}
/// Parameters and buffers, in the order of the members: all that a module remembers, such as a file of it has to hold.
template <module_like M>
std::vector<std::pair<std::string, Parameter>> named_state(const M& net)
{
    detail::Collector collector(detail::Kind::both);
    detail::read(net, collector);
    return std::move(collector.found);
}

}  // namespace xgrad::nn
