// How fast this machine multiplies the matrices of a benchmark, and nothing
// else: oneDNN with packed weights, every layer with weights of its own as in a
// model. What is left between an engine and this is its overhead.
//
// Reads from standard input one product a line, `times rows in out`: a matrix
// [rows, in] by a weight [in, out], `times` over. Consecutive lines with the
// same `times` make one round, which is repeated as a whole. Prints the seconds
// of all of it as a JSON line for each repetition.
#include <omp.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "oneapi/dnnl/dnnl.hpp"

ABSL_FLAG(std::string, type, "f32",
          "f32, bf16, or int8 (unsigned bytes by signed ones)");
ABSL_FLAG(int, num_threads, 2, "Threads");
ABSL_FLAG(int, repetitions, 3, "Measured passes");

namespace parley {
namespace {

using dnnl::matmul;
using dnnl::memory;

struct Types {
  memory::data_type source, weight;
};

// One line of the input.
struct Product {
  int times = 0;
  int64_t rows = 0, in = 0, out = 0;
};

bool ParseType(const std::string& name, Types* types) {
  using Type = memory::data_type;
  if (name == "f32") *types = {Type::f32, Type::f32};
  if (name == "bf16") *types = {Type::bf16, Type::bf16};
  if (name == "int8") *types = {Type::u8, Type::s8};
  return name == "f32" || name == "bf16" || name == "int8";
}

// A product that is ready to run: its own weights; source and destination are
// shared by all of a shape.
class Multiplication {
 public:
  void Run(dnnl::stream& stream) const {
    primitive_.execute(stream, {{DNNL_ARG_SRC, source_},
                                {DNNL_ARG_WEIGHTS, weight_},
                                {DNNL_ARG_DST, destination_}});
  }

 private:
  friend class Workshop;
  matmul primitive_;
  memory source_, weight_, destination_;
};

// Makes multiplications.
class Workshop {
 public:
  Workshop(const dnnl::engine& engine, Types types)
      : engine_(engine), types_(types) {}

  Multiplication Make(const Product& product) {
    Shape& shape = ShapeOf(product);
    Multiplication made;
    made.primitive_ = shape.primitive;
    made.source_ = shape.source;
    made.destination_ = shape.destination;
    made.weight_ = Filled(shape.description.weights_desc());
    return made;
  }

 private:
  struct Shape {
    matmul::primitive_desc description;
    matmul primitive;
    memory source, destination;
  };

  Shape& ShapeOf(const Product& product) {
    const auto [place, is_new] =
        shapes_.try_emplace({product.rows, product.in, product.out});
    Shape& shape = place->second;
    if (!is_new) return shape;
    const auto plain = memory::format_tag::ab;
    const memory::desc source({product.rows, product.in}, types_.source, plain);
    const memory::desc weight({product.in, product.out}, types_.weight,
                              memory::format_tag::any);
    const memory::desc result({product.rows, product.out},
                              memory::data_type::f32, plain);
    shape.description = matmul::primitive_desc(engine_, source, weight, result);
    shape.primitive = matmul(shape.description);
    shape.source = Filled(source);
    shape.destination = Filled(result);
    return shape;
  }

  // Each byte 0x3c: 60 in a byte, about 0.0115 in bf16 and f32.
  memory Filled(const memory::desc& description) {
    memory filled(description, engine_);
    std::memset(filled.get_data_handle(), 0x3c, description.get_size());
    return filled;
  }

  dnnl::engine engine_;
  Types types_;
  std::map<std::tuple<int64_t, int64_t, int64_t>, Shape> shapes_;
};

// Products that are computed one after the other, `times` over.
struct Round {
  int times = 0;
  std::vector<Multiplication> products;
};

std::vector<Round> ReadWork(Workshop& workshop) {
  std::vector<Round> work;
  Product product;
  while (std::cin >> product.times >> product.rows >> product.in >>
         product.out) {
    if (work.empty() || work.back().times != product.times) {
      work.push_back({.times = product.times});
    }
    work.back().products.push_back(workshop.Make(product));
  }
  return work;
}

double MeasurePass(const std::vector<Round>& work, dnnl::stream& stream) {
  const auto start = std::chrono::steady_clock::now();
  for (const Round& round : work) {
    for (int i = 0; i < round.times; ++i) {
      for (const Multiplication& product : round.products) product.Run(stream);
    }
  }
  stream.wait();
  const std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - start;
  return elapsed.count();
}

int Run() {
  Types types;
  if (!ParseType(absl::GetFlag(FLAGS_type), &types)) {
    std::fprintf(stderr, "--type must be f32, bf16 or int8\n");
    return 1;
  }
  omp_set_num_threads(absl::GetFlag(FLAGS_num_threads));
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  Workshop workshop(engine, types);
  const std::vector<Round> work = ReadWork(workshop);
  MeasurePass(work, stream);
  for (int i = 0; i < absl::GetFlag(FLAGS_repetitions); ++i) {
    std::printf("{\"seconds\": %.6f}\n", MeasurePass(work, stream));
  }
  return 0;
}

}  // namespace
}  // namespace parley

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Measures products of matrices; prints a JSON line a repetition.");
  absl::ParseCommandLine(argc, argv);
#ifndef NDEBUG
  std::fprintf(stderr, "refusing to measure an unoptimised build\n");
  return 1;
#endif
  try {
    return parley::Run();
  } catch (const dnnl::error& error) {
    std::fprintf(stderr, "oneDNN: %s\n", error.what());
    return 1;
  }
}
