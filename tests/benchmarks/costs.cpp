// Memory, loaded libraries, start-up and compile time.
#include "costs.hpp"

#include <sstream>
#include <stdexcept>

#include "../compile_time/measure.hpp"
#include "process.hpp"

namespace bench {
namespace {

constexpr Against floor_ = Against::floor, fixed = Against::fixed;

// What a side says of itself when it runs once: "PEAK_KIB LIBRARY_BYTES".
struct Footprint {
    double peak_megabytes = 0, library_megabytes = 0, seconds = 0;
};
std::optional<Footprint> footprint(const std::string& side, const std::vector<std::string>& words)
{
    if (!there(side)) return {};
    std::vector<std::string> command{program(side)};
    command.insert(command.end(), words.begin(), words.end());
    const Run once = run(command);
    if (once.status != 0) throw std::runtime_error(command[0] + " " + words[0] + " failed");
    std::istringstream words_out(once.output);
    Footprint result;
    words_out >> result.peak_megabytes >> result.library_megabytes;
    result.peak_megabytes *= 1024 / 1e6;
    result.library_megabytes /= 1e6;
    result.seconds = once.seconds;
    return result;
}

void with_peer(Row& row, double ours, std::optional<double> peer)
{
    row.ours = ours;
    row.libtorch = peer;
    if (peer) row.ratio_libtorch = Estimate{ours / *peer, ours / *peer, ours / *peer};
}

}  // namespace

void memory_rows(std::vector<Row>& rows)
{
    const auto once = [](const std::string& side, const std::string& mode) {
        return footprint(side, {"once", "rss_100x256_b512", mode, "3"});
    };
    const auto peer = once("libtorch", "eager");
    for (const auto& [mode, limit] : {std::pair("eager", 180.0), std::pair("replay", 90.0)}) {
        Row row{"rss_100x256_b512", mode, "MB"};
        row.goals = {{fixed, limit}};
        with_peer(row, once("xgrad", mode)->peak_megabytes,
                  peer ? std::optional(peer->peak_megabytes) : std::nullopt);
        row.note = "peak memory of the process after three steps";
        rows.push_back(row);
    }
}

void library_rows(std::vector<Row>& rows)
{
    // Whatever runs: an MLP here.
    const std::vector<std::string> words{"once", "mlp_64x784_512_512_10", "eager", "1"};
    const auto ours = footprint("xgrad", words), peer = footprint("libtorch", words);
    Row libraries{"loaded_libraries", "eager", "MB"};
    libraries.goals = {{fixed, 60}};
    with_peer(libraries, ours->library_megabytes,
              peer ? std::optional(peer->library_megabytes) : std::nullopt);
    rows.push_back(libraries);
}

void start_up_rows(bool quick, std::vector<Row>& rows)
{
    std::vector<double> ours, peers, ratios;
    Footprint our_last, peer_last;
    const bool peer = there("libtorch");
    for (int i = 0; i < (quick ? 5 : 15); ++i) {
        our_last = *footprint("xgrad", {"trivial"});
        ours.push_back(our_last.seconds * 1000);
        if (!peer) continue;
        peer_last = *footprint("libtorch", {"trivial"});
        peers.push_back(peer_last.seconds * 1000);
        ratios.push_back(ours.back() / peers.back());
    }
    Row time{"start_up_time", "eager", "ms"};
    time.goals = {{fixed, 20}};
    time.ours = estimate(ours).median;
    if (peer) time.libtorch = estimate(peers).median, time.ratio_libtorch = estimate(ratios);
    rows.push_back(time);
    Row memory{"start_up_memory", "eager", "MB"};
    memory.goals = {{fixed, 25}};
    with_peer(memory, our_last.peak_megabytes, peer ? std::optional(peer_last.peak_megabytes) : std::nullopt);
    rows.push_back(memory);
}

void compile_rows(bool quick, std::vector<Row>& rows)
{
    for (const std::string compiler : {"g++", "clang++"}) {
        if (!compile_time::available(compiler)) continue;
        const auto measured = compile_time::measure(compiler, quick ? 3 : 5);
        Row time{"compile_time." + compiler, "eager", "s"};
        time.ours = measured.user.seconds;
        time.floor = measured.baseline.seconds;
        time.ratio_floor = Estimate{measured.ratio, measured.ratio, measured.ratio};
        time.goals = {{floor_, 2.0}};
        time.note = "user time; the floor is a file that includes <xtensor/xarray.hpp> and builds an array";
        rows.push_back(time);
        Row memory{"compile_memory." + compiler, "eager", "MB"};
        memory.ours = measured.user.megabytes;
        memory.floor = measured.baseline.megabytes;
        memory.goals = {{fixed, 350}};
        rows.push_back(memory);
    }
}

}  // namespace bench
