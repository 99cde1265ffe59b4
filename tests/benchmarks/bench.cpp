// The benchmarks' driver: alternates between xgrad, libtorch and the floors on one core, so that every ratio is a pair
// taken at the same moment; prints the table and writes out/bench.md and out/bench.json.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

#include "costs.hpp"
#include "process.hpp"
#include "scaling.hpp"
#include "table.hpp"
#include "threads.hpp"

namespace bench {
namespace {

struct Options {
    std::vector<std::string> only;
    bool quick = false;
    int core = -1;
    std::string out = "out";
};

// ---------------------------------------------------------------- what is measured

// A workload in one mode, and its goals.
struct Entry {
    std::string workload, mode;
    std::vector<Goal> goals = {};
    double ops = 0;            // recorded ops an iteration, where a time for one is wanted
    bool kept_malloc = false;  // libtorch with a malloc that keeps large blocks, its stronger form
    int check = 5;             // iterations before losses and gradients are compared
};

constexpr Against libtorch = Against::libtorch, floor_ = Against::floor, fixed = Against::fixed;

const std::vector<Entry> entries = {
    {"chain_scalar", "eager", {{libtorch, 1.0 / 50}}, 3000},
    {"logreg_569x30", "eager", {{floor_, 1.4}}},
    {"hinge_569x30", "eager", {{libtorch, 1.0 / 10}}},
    {"mlp_64x784_512_512_10", "eager", {{floor_, 1.06}}},
    {"mlp_256x784_512_512_10_adam", "eager", {{libtorch, 0.92}}},
    {"deep_narrow", "eager", {{floor_, 1.15}}},
    {"elementwise_1e6", "eager", {{floor_, 2.2}}, 0, true},
    {"lenet_mnist_b64", "eager", {{libtorch, 0.7}}},
    {"hvp_mlp", "eager", {{libtorch, 1.0 / 6}}},
    {"inference_mlp_1x784", "eager", {{floor_, 1.15}}},
    {"chain_scalar", "replay", {{floor_, 1.6}}, 3000},
    {"logreg_569x30", "replay", {{floor_, 1.2}}},
    {"hinge_569x30", "replay", {{libtorch, 1.0 / 14}}},
    {"mlp_64x784_512_512_10", "replay", {{floor_, 1.02}, {libtorch, 0.87}}},
    {"mlp_256x784_512_512_10_adam", "replay", {{floor_, 1.02}}},
    {"deep_narrow", "replay", {{floor_, 1.02}}},
    {"elementwise_1e6", "replay", {{floor_, 1.1}}, 0, true},
    {"lenet_mnist_b64", "replay", {{floor_, 1.15}, {libtorch, 0.58}}},
    {"hvp_mlp", "replay", {{libtorch, 1.0 / 8}}},
    {"inference_mlp_1x784", "replay", {{floor_, 1.05}}},
    {"layernorm_softmax_1024x1024", "eager", {{floor_, 1.8}}, 0, true},
    {"attention_b8_t128_d256_h4", "eager", {{libtorch, 0.98}}, 0, true},
    {"layernorm_softmax_1024x1024", "replay", {{floor_, 1.45}}, 0, true},
    {"attention_b8_t128_d256_h4", "replay", {{floor_, 1.09}}, 0, true},
    {"lstm_b32_t50_h128", "eager", {{libtorch, 1.0 / 1.4}}},
    {"lstm_b32_t50_h128", "replay", {{floor_, 1.12}}},
    {"mlp_sgd_momentum_step", "eager", {{floor_, 1.1}}},
    {"mlp_adam_step", "eager", {{floor_, 1.1}}},
};

// ---------------------------------------------------------------- sides

// glibc's malloc keeps what is freed instead of returning it to the system.
const Environment keep_memory = {{"MALLOC_MMAP_THRESHOLD_", "2000000000"},
                                 {"MALLOC_TRIM_THRESHOLD_", "4000000000"},
                                 {"MALLOC_TOP_PAD_", "67108864"}};

// The processes, started when they are first needed.
class Sides {
  public:
    // The side that offers this workload, prepared; null if none does.
    Process* prepare(const std::string& side, const std::string& workload, const std::string& mode,
                     bool kept_malloc = false)
    {
        if (!there(side)) return nullptr;
        auto& [process, offered] = sides_[side + (kept_malloc ? "+" : "")];
        if (!process) {
            process = std::make_unique<Process>(program(side), kept_malloc ? keep_memory : Environment{});
            for (std::string line = process->ask("list"); line != "end"; line = process->read_line())
                offered.push_back(line);
        }
        if (std::ranges::find(offered, workload + " " + mode) == offered.end()) return nullptr;
        process->ask("prepare " + workload + " " + mode);
        return process.get();
    }

  private:
    std::map<std::string, std::pair<std::unique_ptr<Process>, std::vector<std::string>>> sides_;
};

struct Computed {
    double loss = 0;
    std::vector<float> gradient;
};

Computed check(Process& process, int iterations)
{
    std::istringstream answer(process.ask("check " + std::to_string(iterations)));
    Computed result;
    std::size_t count = 0;
    answer >> result.loss >> count;
    result.gradient = process.read_floats(count);
    return result;
}

// How far two sides are apart: the larger of the loss's and the gradient's relative difference.
double difference(const Computed& a, const Computed& b)
{
    if (a.gradient.size() != b.gradient.size()) return INFINITY;
    double apart = 0, length = 0;
    for (std::size_t i = 0; i < a.gradient.size(); ++i) {
        const double x = a.gradient[i], y = b.gradient[i];
        apart += (x - y) * (x - y);
        length += y * y;
    }
    const double loss = b.loss == 0 ? std::abs(a.loss) : std::abs(a.loss - b.loss) / std::abs(b.loss);
    const double gradient = length == 0 ? INFINITY : std::sqrt(apart / length);
    return std::isfinite(loss) && std::isfinite(gradient) ? std::max(loss, gradient) : INFINITY;
}

double time_of(Process& process, long iterations)
{
    return std::stod(process.ask("run " + std::to_string(iterations)));
}

// Warms up, and says how many iterations fill `slice` seconds.
long iterations_for(Process& process, double slice)
{
    const auto started = std::chrono::steady_clock::now();
    double best = INFINITY;
    do {
        const long count = std::isfinite(best) ? std::max(1L, std::lround(slice * 1e6 / best / 4)) : 1;
        best = std::min(best, time_of(process, count));
    } while (std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count() < 5 * slice);
    return std::max(1L, std::lround(slice * 1e6 / best));
}

std::vector<double> paired(const std::vector<double>& a, const std::vector<double>& b)
{
    std::vector<double> ratios;
    for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
    return ratios;
}

std::string number(double value)
{
    std::ostringstream out;
    out << std::setprecision(4) << value;
    return out.str();
}

// Time, agreement and allocations of one workload.
void measure(const Entry& entry, Sides& sides, const Options& options, std::vector<Row>& rows)
{
    Row row{entry.workload, entry.mode};
    row.goals = entry.goals;
    Process* ours = sides.prepare("xgrad", entry.workload, entry.mode);
    if (!ours) throw std::runtime_error("bench-xgrad has no workload " + entry.workload + " " + entry.mode);
    // Peers and floors have one mode: theirs.
    Process* peer = sides.prepare("libtorch", entry.workload, "eager", entry.kept_malloc);
    Process* floor = sides.prepare("floors", entry.workload, "floor");
    if (peer) row.difference = difference(check(*ours, entry.check), check(*peer, entry.check));

    struct Timed {
        Process* process;
        long iterations = 0;
        std::vector<double> times = {};
    };
    std::vector<Timed> timed;
    for (Process* process : {ours, peer, floor})
        if (process) timed.push_back({process});
    const double slice = options.quick ? 0.006 : 0.02;
    for (Timed& side : timed) side.iterations = iterations_for(*side.process, slice);
    const int rounds = options.quick ? 15 : 31;
    for (int round = 0; round < rounds; ++round)
        for (Timed& side : timed) side.times.push_back(time_of(*side.process, side.iterations));

    row.ours = estimate(timed[0].times).median;
    for (const Timed& side : timed) {
        if (side.process == ours) continue;
        (side.process == peer ? row.libtorch : row.floor) = estimate(side.times).median;
        (side.process == peer ? row.ratio_libtorch : row.ratio_floor) =
            estimate(paired(timed[0].times, side.times));
    }
    if (entry.ops > 0) {
        row.note = "nanoseconds for one recorded op, forward and backward: ours " +
                   number(*row.ours * 1000 / entry.ops);
        if (row.libtorch) row.note += ", libtorch " + number(*row.libtorch * 1000 / entry.ops);
        if (row.floor) row.note += ", floor " + number(*row.floor * 1000 / entry.ops);
    }
    if (entry.kept_malloc && peer) row.note = "libtorch with a malloc that keeps freed memory";
    rows.push_back(row);

    double mallocs = INFINITY, blocks = 0;  // malloc's count includes the pool's blocks
    for (int i = 0; i < 3; ++i) {           // now and then a replayed step is recorded again, to compare
        std::istringstream counts(ours->ask("count 10"));
        double all = 0, of_them_blocks = 0;
        counts >> all >> of_them_blocks;
        if (all < mallocs) mallocs = all, blocks = of_them_blocks;
    }
    Row allocations{entry.workload + ".allocations", entry.mode, "an iteration"};
    allocations.ours = mallocs / 10;
    if (entry.mode == "replay") allocations.goals = {{fixed, 0}};
    if (blocks > 0) allocations.note = number(blocks / 10) + " of them blocks for values";
    rows.push_back(allocations);
}

// ---------------------------------------------------------------- the program

bool wanted(const Options& options, const std::string& name)
{
    return options.only.empty() || std::ranges::any_of(options.only, [&](const std::string& prefix) {
               return name.starts_with(prefix);
           });
}

void write(const std::string& path, const std::string& text)
{
    std::ofstream file(path);
    file << text;
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

// What the figures were taken on, and beside which libtorch: beating one release is not beating the latest.
std::string machine()
{
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name"))
            return line.substr(line.find(':') + 2) + ", one core, one thread. ";
    return {};
}
std::string peer_text()
{
    if (!there("libtorch")) return "libtorch's side was not built.\n";
    return "libtorch " + Process(program("libtorch"), {}).ask("about") + " by its header.\n";
}

int help(int status)
{
    std::cout
        << "bench [--only NAME]... [--scaling] [--quick] [--core N] [--out FOLDER] [--list]\n\n"
           "Measures xgrad beside libtorch (if its side was built: ./run.sh bench --peers) and hand-written\n"
           "floors; prints a table and writes FOLDER/bench.md and FOLDER/bench.json (out). NAME is a "
           "workload\n"
           "or the beginning of its name; --scaling is --only scaling: curves over size, depth and batch.\n"
           "--quick takes fewer samples and smaller curves.\n";
    return status;
}

int main(int count, char** arguments)
{
    Options options;
    const std::vector<std::string> others = {"rss_100x256_b512", "loaded_libraries", "start_up",
                                             "compile",          "scaling",          "threads"};
    const std::vector<std::string> words(arguments + 1, arguments + count);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool more = i + 1 < words.size();
        if (words[i] == "--quick")
            options.quick = true;
        else if (words[i] == "--scaling")
            options.only.push_back("scaling");
        else if (words[i] == "--only" && more)
            options.only.push_back(words[++i]);
        else if (words[i] == "--core" && more)
            options.core = std::stoi(words[++i]);
        else if (words[i] == "--out" && more)
            options.out = words[++i];
        else if (words[i] == "--list") {
            for (const Entry& entry : entries) std::cout << entry.workload << ' ' << entry.mode << '\n';
            for (const std::string& name : others) std::cout << name << '\n';
            return 0;
        } else if (words[i] == "--help")
            return help(0);
        else if (words[i] != "--peers")  // for run.sh, which builds them
            return help(2);
    }
    for (const std::string& name : options.only) {
        const auto matches = [&](const std::string& known) { return known.starts_with(name); };
        if (std::ranges::none_of(entries, matches, &Entry::workload) && std::ranges::none_of(others, matches))
            throw std::runtime_error("no workload begins with '" + name + "' (see --list)");
    }

    // One core and one thread for every side.
    pin(options.core >= 0 ? options.core
                          : static_cast<int>(std::filesystem::exists("/sys/devices/system/cpu/cpu1")));
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    setenv("OMP_NUM_THREADS", "1", 1);
    if (!there("libtorch"))
        std::cerr << "libtorch's side was not built: its columns stay empty (--peers builds it)\n";

    std::vector<Row> rows, counts;
    Sides sides;
    for (const Entry& entry : entries) {
        if (!wanted(options, entry.workload)) continue;
        std::cerr << entry.workload << ' ' << entry.mode << '\n';
        std::vector<Row> measured;
        measure(entry, sides, options, measured);
        rows.push_back(measured[0]);
        counts.insert(counts.end(), measured.begin() + 1, measured.end());
    }
    rows.insert(rows.end(), counts.begin(), counts.end());
    if (wanted(options, others[0])) memory_rows(rows);
    if (wanted(options, others[1])) library_rows(rows);
    if (wanted(options, others[2])) start_up_rows(options.quick, rows);
    if (wanted(options, others[3])) compile_rows(options.quick, rows);
    std::filesystem::create_directories(options.out);
    if (wanted(options, others[4])) scaling_rows(options.quick, options.out, rows);
    if (wanted(options, others[5])) threads_rows(options.quick, rows);

    const std::string legend =
        machine() + peer_text() +
        "us: microseconds an iteration, medians. Ratios: the median of paired ratios and its 95 % interval. "
        "met: the\n"
        "interval's lower end is at or below the goal. agree: loss and gradients against libtorch's "
        "(relative).\n";
    std::cout << as_text(rows) << '\n' << legend;
    write(options.out + "/bench.md", "# Benchmarks\n\n" + legend + '\n' + as_markdown(rows));
    write(options.out + "/bench.json", as_json(rows));
    return 0;
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments)
{
    try {
        return bench::main(count, arguments);
    } catch (const std::exception& error) {
        std::cerr << "bench: " << error.what() << '\n';
        return 1;
    }
}
