// Data sets: files, preparation, batches, synthetic examples, folds; and how good a classifier is.
#include <fstream>
#include <xgrad/nn.hpp>
#include <xtensor/xtensor.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

void files(Tape&)
{
    {
        //! [nn::read_csv, nn::Dataset]
        std::ofstream("animals.csv") << "weight,height,animal\n4,25,cat\n30,60,dog\n5,24,cat\n";
        const nn::Dataset data = nn::read_csv<double>("animals.csv", {.target = "animal"});
        show(data.x);           // [[4, 25], [30, 60], [5, 24]]
        show(data.t);           // [0, 1, 0]
        show(data.classes[1]);  // dog
        show(data.size());      // 3
        //! [nn::read_csv, nn::Dataset]
    }
    {
        //! [nn::CsvOptions]
        std::ofstream("pets.csv") << "id;weight;animal\n1;4;cat\n2;30;dog\n3;0.1;ant\n";
        const nn::CsvOptions options{
            .target = "animal", .positive = "dog", .only = {"cat", "dog"}, .skip = {"id"}, .separator = ';'};
        const nn::Dataset data = nn::read_csv<double>("pets.csv", options);
        show(data.x);  // [[4], [30]]
        show(data.t);  // [[-1], [1]]  (+1 is the positive class)
        //! [nn::CsvOptions]
    }
    {
        //! [nn::real_element]
        show(nn::real_element<double>);  // true  (so there is a read_csv<double>)
        std::ofstream("numbers.csv") << "a,b\n1,2\n";
        show(nn::read_csv("numbers.csv").x.dtype());  // float32  (unless another one is named)
        //! [nn::real_element]
    }
}

void preparation(Tape& tape)
{
    {
        //! [nn::standardise, nn::Standardiser]
        nn::Dataset train{.x = xt::xarray<double>{{1., 10.}, {3., 30.}},
                          .t = xt::xtensor<double, 2>{{-1.}, {1.}}};
        nn::Dataset test{.x = xt::xarray<double>{{2., 40.}, {3., 10.}},
                         .t = xt::xtensor<double, 2>{{-1.}, {1.}}};
        // by the mean and deviation of the first one
        const nn::Standardiser by_train = nn::standardise(train, test);
        show(train.x);          // [[-1, -1], [1, 1]]
        show(test.x);           // [[0, 2], [1, -1]]
        show(by_train.mean());  // [2, 20]
        //! [nn::standardise, nn::Standardiser]
    }
    {
        //! [nn::split, nn::Split, nn::SplitOptions]
        const nn::Dataset data = nn::make_moons(100, 0.1, /*seed=*/1);
        const nn::Split parts = nn::split(data, 0.8, /*seed=*/2, {.stratified = true});
        show(parts.train.size());                // 80
        show(parts.test.size());                 // 20
        show(sum(tape.constant(parts.test.t)));  // 0  (as many +1 as -1)
        //! [nn::split, nn::Split, nn::SplitOptions]
    }
    {
        //! [nn::folds]
        const nn::Dataset data = nn::make_moons(100, 0.1, /*seed=*/1);
        std::int64_t tested = 0;
        // 80 and 20 rows each
        for (const auto& [train, test] : nn::folds(data, 5, /*seed=*/2)) tested += test.size();
        show(tested);  // 100  (each row is in one of the test sets)
        //! [nn::folds]
    }
}

void walking(Tape&)
{
    {
        //! [nn::batches, nn::Batch, nn::Batches, nn::Batches::Iterator]
        const nn::Dataset data = nn::make_moons(10, 0.1, /*seed=*/1);
        const nn::Batches four = nn::batches(data, 4);
        show(four.per_epoch());  // 3
        std::vector<double> lengths;
        for (const nn::Batch& batch : four) lengths.push_back(static_cast<double>(batch.x.shape()[0]));
        show(lengths);                               // [4, 4, 2]
        nn::Batches::Iterator place = four.begin();  // what the loop moves on
        show((*++place).t.shape());                  // [4, 1]
        //! [nn::batches, nn::Batch, nn::Batches, nn::Batches::Iterator]
    }
    {
        //! [nn::BatchOptions]
        const nn::Dataset data = nn::make_moons(10, 0.1, /*seed=*/1);
        show(data.batches(4, {.epochs = 20, .seed = 2}).count());  // 60
        show(data.batches(4, {.drop_last = true}).count());        // 2
        //! [nn::BatchOptions]
    }
}

void synthetic(Tape& tape)
{
    {
        //! [nn::make_blobs]
        const nn::Dataset data = nn::make_blobs<double>(4, /*noise=*/0, /*seed=*/1);
        show(data.x);  // [[-2, -2], [2, 2], [-2, -2], [2, 2]]
        show(data.t);  // [[-1], [1], [-1], [1]]
        //! [nn::make_blobs]
    }
    {
        //! [nn::make_moons]
        // two half circles of radius 1
        const nn::Dataset data = nn::make_moons<double>(200, /*noise=*/0, /*seed=*/1);
        show(data.x.shape());     // [200, 2]
        show(data.t.rows(0, 2));  // [[-1], [1]]  (the classes in turn)
        //! [nn::make_moons]
    }
    {
        //! [nn::make_circles]
        const nn::Dataset data = nn::make_circles<double>(4, /*noise=*/0, /*seed=*/1);
        show(norm(tape.constant(data.x), 2, 1));  // [1, 0.5, 1, 0.5]  (the radii)
        //! [nn::make_circles]
    }
    {
        //! [nn::make_spirals]
        const nn::Dataset data = nn::make_spirals<double>(200, /*noise=*/0, /*seed=*/1);
        show(all(norm(tape.constant(data.x), 2, 1) <= 1));  // true  (one and a half turns, out to radius 1)
        //! [nn::make_spirals]
    }
}

void quality(Tape&)
{
    {
        //! [nn::accuracy]
        const Array outputs(xt::xarray<double>{{0.9, 0.1}, {0.4, 0.6}, {0.7, 0.3}, {0.2, 0.8}});
        const Array labels(xt::xarray<std::int64_t>{0, 1, 1, 1});
        show(nn::accuracy(outputs, labels));  // 0.75  (the largest output names the class)
        //! [nn::accuracy]
    }
    {
        //! [nn::confusion_matrix, nn::ConfusionMatrix, nn::operator<<]
        const Array meant(xt::xarray<std::int64_t>{0, 1, 0, 1}), labels(xt::xarray<std::int64_t>{0, 1, 1, 1});
        const nn::ConfusionMatrix table = nn::confusion_matrix(meant, labels, {"ant", "bee"});
        show(table.counts);      // [[1, 0], [1, 2]]  (a bee was taken for an ant)
        show(table.accuracy());  // 0.75
        show(printed(table));
        //    is  taken for
        //          ant    bee
        //   ant      1      0
        //   bee      1      2
        //! [nn::confusion_matrix, nn::ConfusionMatrix, nn::operator<<]
    }
    {
        //! [nn::Progress]
        nn::Progress bar("epochs", 3);  // on stderr
        for (int epoch = 0; epoch < 3; ++epoch) bar.step("loss 0.1");
        bar.finish();
        //! [nn::Progress]
    }
}

const shown::Page page("Data", {files, preparation, walking, synthetic, quality});

}  // namespace
