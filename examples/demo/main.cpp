// The main job: train five heads on real data, collapse linear layers, and put it all on one page.
//
//     demo [--out FOLDER]
//
// Writes FOLDER/index.html (which opens from disk, offline) with its pictures and their sources beside it.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include <xgrad/draw.hpp>

#include "collapse.hpp"
#include "figure.hpp"
#include "heads.hpp"

using namespace xgrad;

namespace {

std::string number(const char* format, double value)
{
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}
std::string percent(double share) { return number("%.1f %%", 100 * share); }

void print_table(const demo::Heads& heads)
{
    std::printf("\n%-4s %-13s %-14s %9s %9s %9s %9s %8s\n", "", "output", "loss", "loss", "accuracy",
                "on test", "t*y >= 1", "seconds");
    for (const demo::Result& r : heads.results)
        std::printf("%-4s %-13s %-14s %9.5f %9s %9s %9s %8.2f\n", r.name.c_str(), r.head.c_str(),
                    r.loss_name.c_str(), r.loss, percent(r.train_accuracy).c_str(),
                    percent(r.test_accuracy).c_str(), percent(r.margin_share).c_str(), r.seconds);
    std::printf("\n");
}

std::string html_table(const demo::Heads& heads)
{
    std::string html =
        "<div class=\"wide\"><table><tr><th></th><th>output</th><th>loss function</th><th>training "
        "loss</th><th>accuracy</th><th>on test</th><th>t·y ≥ 1</th><th>seconds</th></tr>";
    for (const demo::Result& r : heads.results)
        html += "<tr><td>" + r.name + "</td><td>" + r.head + "</td><td>" + r.loss_name + "</td><td>" +
                number("%.5f", r.loss) + "</td><td>" + percent(r.train_accuracy) + "</td><td>" +
                percent(r.test_accuracy) + "</td><td>" + percent(r.margin_share) + "</td><td>" +
                number("%.2f", r.seconds) + "</td></tr>";
    return html + "</table></div>";
}

// Saves a picture beside the page and returns it as a part of the page.
std::string figure(const Picture& picture, const std::string& folder, const std::string& name)
{
    picture.save(folder + "/" + name + ".dot");
    picture.save(folder + "/" + name + ".svg");
    return "<figure class=\"wide\">" + inline_svg(picture.svg(), name + "-") + "</figure>";
}

std::string escaped(const std::string& text)
{
    std::string out;
    for (const char c : text)
        out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
    return out;
}

std::string report(const demo::Collapse& collapse)
{
    std::ostringstream text;
    text << collapse.certificate;
    return "<pre>" + escaped(text.str()) + "</pre><p>On the " +
           "test rows the collapsed model's outputs differ by at most " +
           number("%.1e", collapse.largest_difference) + "; accuracy before " +
           percent(collapse.accuracy_before) + ", after " + percent(collapse.accuracy_after) + ".</p>";
}

// One neuron with numbers: what a derivative is for.
Picture one_neuron()
{
    Tape tape;
    const Variable x = tape.variable(2.0, "x"), w = tape.variable(0.5, "w"), b = tape.variable(-0.25, "b");
    const Variable y = softplus(-(w * x + b)).named("loss");
    return draw(y, {.values = true,
                    .title = "One neuron: value and gradient of its loss",
                    .caption = "loss = ln(1 + e^(−t (w x + b))) with t = +1"});
}

int run(const std::string& folder)
{
    const std::string csv = XGRAD_SOURCE_DIR "/examples/data/breast_cancer.csv";
    std::filesystem::create_directories(folder);

    std::cout << "training five heads on the breast cancer data (malignant = +1)\n";
    const demo::Heads heads = demo::train_heads(csv);
    print_table(heads);

    const nn::Split data = demo::load(csv);
    std::cout << "stacking linear layers, and collapsing them\n";
    const demo::Collapse linear = demo::collapse_layers(data, false);
    std::cout << linear.certificate << "\n";
    std::cout << "the same with a ReLU in between\n";
    const demo::Collapse barrier = demo::collapse_layers(data, true);
    std::cout << barrier.certificate << "\n";

    std::cout << "drawing\n";
    std::string body;
    body += "<h2>What does the output layer decide?</h2><p>" + std::to_string(heads.train_rows) +
            " training and " + std::to_string(heads.test_rows) +
            " test rows of the breast cancer data, 30 standardised features, malignant = +1. All five learn "
            "by the same "
            "gradient descent; only the output and the loss differ. Accuracy is the share of right signs of "
            "the output y "
            "(for (a) of the sigmoid's input).</p>" +
            html_table(heads);
    body +=
        "<p>A sigmoid with cross-entropy (a) and a linear output with the logistic loss (b) are the same "
        "model: the "
        "sigmoid has moved from the output into the loss. A linear output with the hinge loss and L2 (c) has "
        "the "
        "support vector machine's objective. A ReLU output (d) can never be negative, so no benign row ever "
        "reaches "
        "the margin t·y ≥ 1 and its loss stays above the share of negatives: it is not a support vector "
        "machine.</p>";
    body += "<h2>The error functions</h2><figure class=\"wide\">" +
            inline_svg(demo::draw_losses(folder), "losses-") +
            "</figure><p>Every surrogate equals 1 at z = 0. Hinge is zero beyond the margin, the logistic "
            "loss never "
            "is; the squared error punishes being right too clearly.</p>";
    body += "<h2>One neuron with its gradient</h2>" + figure(one_neuron(), folder, "neuron") +
            "<p>Each node shows its value and, in purple, the derivative of the loss with respect to it; the "
            "factor on "
            "an arrow is the local derivative.</p>";
    body += "<h2>A training step is a graph</h2>" +
            figure(draw(heads.step, {.title = "The tanh network (e): one training step"}), folder, "step") +
            "<p>The gradient is recorded as a graph too: the purple lane runs from the loss back to the "
            "parameters.</p>";
    body += "<h2>Three linear layers are one layer</h2>" +
            figure(draw(linear.certificate,
                        {.title = "Three linear layers and an affine activation are one layer"}),
                   folder, "collapse") +
            "<p>Without a non-linear activation a stack of layers is one layer, y = x W' + b'. The "
            "certificate says "
            "what was merged and how far the two models are apart on random inputs.</p>" +
            report(linear);
    body += "<h2>A ReLU stops the collapse</h2>" +
            figure(draw(barrier.certificate,
                        {.title = "A ReLU stops the collapse: each side collapses by itself"}),
                   folder, "barrier") +
            "<p>Only what stands on one side of the ReLU merges. This is why a network needs non-linear "
            "activations: "
            "they are what keeps its layers apart.</p>" +
            report(barrier);

    const std::string page = folder + "/index.html";
    std::ofstream file(page);
    file << html_page("xgrad: five heads and a collapse", "<h1>Five heads and a collapse</h1>" + body);
    file.close();
    if (!file) throw DataError("cannot write " + page);
    std::cout << "wrote " << page << "\n";
    return 0;
}

}  // namespace

int main(int count, char** words)
{
    std::string folder = "out/demo";
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        if (word == "--out" && i + 1 < count) {
            folder = words[++i];
        } else {
            std::cerr << "usage: demo [--out FOLDER]\n";
            return word == "--help" || word == "-h" ? 0 : 2;
        }
    }
    try {
        return run(folder);
    } catch (const std::exception& error) {
        std::cerr << "demo: " << error.what() << "\n";
        return 1;
    }
}
