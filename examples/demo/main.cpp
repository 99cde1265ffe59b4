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
    return html + "</table></div>\n";
}

// Saves a picture beside the page and returns it as a part of the page.
std::string figure(const Picture& picture, const std::string& folder, const std::string& name)
{
    picture.save(folder + "/" + name + ".dot");
    picture.save(folder + "/" + name + ".svg");
    return "<figure>" + inline_svg(picture.svg(), name + "-") + "</figure>\n";
}

std::string escaped(const std::string& text)
{
    std::string out;
    for (const char c : text)
        out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
    return out;
}

// The certificate, and what became of the model on real rows.
std::string report(const demo::Collapse& collapse)
{
    std::ostringstream text;
    text << collapse.certificate;
    return "<p>The certificate is the proof: what was merged, what it saves, and how far the two models are "
           "apart on "
           "random inputs, against a bound on rounding errors.</p>\n<pre>" +
           escaped(text.str()) + "</pre>\n<p>On the test rows the outputs of the two differ by at most " +
           number("%.1e", collapse.largest_difference) + "; accuracy is " +
           percent(collapse.accuracy_before) + " before and " + percent(collapse.accuracy_after) +
           " after.</p>\n";
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

// The page: before each picture or table, what it shows.
std::string body(const std::string& folder, const demo::Heads& heads, const demo::Collapse& linear,
                 const demo::Collapse& barrier)
{
    const common::Figure losses = demo::draw_losses(folder);
    const auto section = [](const std::string& title, const std::string& text) {
        return "<h2>" + title + "</h2>\n<p>" + text + "</p>\n";
    };
    const auto paragraph = [](const std::string& text) { return "<p>" + text + "</p>\n"; };

    std::string html = "<h1>What an output layer decides, and why layers need activations</h1>\n";
    html += paragraph(
        "The program <code>demo</code> has just trained five small classifiers, recorded one training step, "
        "and "
        "merged stacks of linear layers; this page shows what came out. It loads nothing from elsewhere: its "
        "pictures and their sources lie beside it. Pictures wider than the screen pan sideways.");

    html +=
        section("Five output layers, one data set",
                "The table compares five pairs of output and loss on the breast cancer data: " +
                    std::to_string(heads.train_rows) + " training and " + std::to_string(heads.test_rows) +
                    " test rows, 30 standardised features, label t = +1 for malignant and −1 for benign. All "
                    "five are trained alike (Adam, 1500 steps on all training rows).");
    html += html_table(heads);
    html += paragraph(
        "A row counts as right where the output y is positive for malignant rows and not positive for benign "
        "ones "
        "(for (a): the number that enters the sigmoid). “t·y&nbsp;≥&nbsp;1” is the share of training rows "
        "that are right by "
        "a margin of 1.");
    html +=
        "<ul><li>(a) and (b) are the same model: a sigmoid with cross-entropy is a linear output with the "
        "logistic "
        "loss, the sigmoid having moved into the loss.</li>\n"
        "<li>(c) minimises what a linear support vector machine minimises.</li>\n"
        "<li>(d) is not a support vector machine, though its loss is: a ReLU output is never negative, so "
        "every "
        "benign row stays inside the margin and costs at least 1.</li>\n"
        "<li>(e) has a hidden layer of tanh units: it fits the training rows best, but not the test "
        "rows.</li></ul>\n";

    html += section("The losses as functions of the margin",
                    "The figure shows what a row costs, by its margin z&nbsp;=&nbsp;t·y: left of 0 it is on "
                    "the wrong side.");
    html += "<figure><div class=\"on-light\">" + inline_svg(losses.light, "losses-") +
            "</div><div class=\"on-dark\">" + inline_svg(losses.dark, "losses-dark-") + "</div></figure>\n";
    html += paragraph(
        "Hinge is zero beyond the margin; the logistic loss, divided by ln 2 here so that all curves meet at "
        "z&nbsp;=&nbsp;0, "
        "never is; the squared error also charges rows for being right too clearly.");

    html += section(
        "One neuron with its gradient",
        "The picture shows one loss as it is computed, from left to right: each box holds a value and, in "
        "purple, the derivative of the loss with respect to it.");
    html += figure(one_neuron(), folder, "neuron");

    html +=
        section("One training step",
                "The picture shows all that one training step of network (e) computes: the loss from left to "
                "right and, dashed, its gradient from right to left. Both are parts of one graph.");
    html += figure(draw(heads.step, {.title = "The tanh network (e): one training step"}), folder, "step");

    html +=
        section("Three linear layers are one layer",
                "The picture shows a trained stack of linear layers (left) and the one layer it is equal to "
                "(right): without non-linear activations, depth adds nothing but arithmetic.");
    html += figure(
        draw(linear.certificate, {.title = "Three linear layers and an affine activation are one layer"}),
        folder, "collapse");
    html += report(linear);

    html +=
        section("A ReLU stops the collapse",
                "The picture shows the same stack with a ReLU in it: what stands on either side of the ReLU "
                "still merges, the two sides do not. Non-linear activations are what keeps layers apart.");
    html += figure(
        draw(barrier.certificate, {.title = "A ReLU stops the collapse: each side collapses by itself"}),
        folder, "barrier");
    html += report(barrier);
    return html;
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
    const std::string page = folder + "/index.html";
    std::ofstream file(page);
    file << html_page("xgrad: output layers, and layers that collapse", body(folder, heads, linear, barrier));
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
