// How fast the kernels are on this machine, beside what it could do at best.
//
// Linear in the shapes of an OPUS-MT base model, with all OpenMP threads
// (OMP_NUM_THREADS); everything else on one thread, as its callers split the
// work. Each line is an aggregate of several repetitions: quote the median, and
// the coefficient of variation (cv) beside it.

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "base/log.h"
#include "bench/machine_peak.h"
#include "benchmark/benchmark.h"
#include "engine/kernels/attention.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/onednn/isa.h"
#include "engine/kernels/packed/packed_weight.h"
#include "engine/kernels/vector_ops.h"
#include "engine/kernels/wide_linear.h"
#include "engine/tensor/tensor.h"

namespace parley::kernels {
namespace {

using benchmark::Counter;

// Measured when it is first asked for.
double PeakOfAllThreads(Arithmetic arithmetic) {
  static std::map<Arithmetic, double> peaks;
  const auto [peak, is_new] = peaks.try_emplace(arithmetic);
  if (is_new) peak->second = PeakOperations(arithmetic, omp_get_max_threads());
  return peak->second;
}

// Of products in that precision.
Arithmetic ArithmeticOf(Precision precision) {
  switch (precision) {
    case Precision::kInt8:
      return Arithmetic::kInt8;
    case Precision::kBF16:
      return WidensBF16() ? Arithmetic::kF32 : Arithmetic::kBF16;
    case Precision::kF32:
      break;
  }
  return Arithmetic::kF32;
}

double PeakOfOneThread() {
  static const double peak = PeakOperations(Arithmetic::kF32, 1);
  return peak;
}

void ReportOperations(double operations, double peak, benchmark::State& state) {
  state.counters["FLOP/s"] =
      Counter(operations, Counter::kIsIterationInvariantRate);
  if (peak > 0) {
    state.counters["of_peak"] =
        Counter(operations / peak, Counter::kIsIterationInvariantRate);
  }
}

// For kernels that are bound by reading: `num_bytes` of memory in an iteration,
// beside what one thread can read of a buffer of that size.
void ReportBytes(int64_t num_bytes, benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * num_bytes);
  const double peak = PeakReadBytes(num_bytes);
  if (peak > 0) {
    state.counters["of_peak"] =
        Counter(num_bytes / peak, Counter::kIsIterationInvariantRate);
  }
}

FloatBuffer RandomFloats(int64_t count) {
  std::mt19937 generator(1);
  std::normal_distribution<float> distribution;
  FloatBuffer buffer = FloatBuffer::Uninitialized(count);
  for (float& v : buffer.span()) v = distribution(generator);
  return buffer;
}

// The layer of the last shape asked for, as the largest takes a while to make.
const Linear& LayerOf(const LinearShape& shape) {
  static std::unique_ptr<Linear> layer;
  if (layer == nullptr || layer->shape().in_features != shape.in_features ||
      layer->shape().out_features != shape.out_features ||
      layer->shape().precision != shape.precision) {
    const FloatBuffer weight =
        RandomFloats(shape.in_features * shape.out_features);
    const FloatBuffer bias = RandomFloats(shape.out_features);
    auto created = Linear::Create(shape, weight.span(), bias.span());
    PARLEY_CHECK(created.ok()) << created.status();
    layer = *std::move(created);
  }
  return *layer;
}

// Arguments: in_features, out_features, rows.
void BM_Linear(benchmark::State& state, Precision precision) {
  const LinearShape shape = {state.range(0), state.range(1), precision};
  if (!Supports(precision)) {
    state.SkipWithError("this processor does not multiply so");
    return;
  }
  const int64_t num_rows = state.range(2);
  const Linear& layer = LayerOf(shape);
  const FloatBuffer x = RandomFloats(RoundUpRows(num_rows) * shape.in_features);
  FloatBuffer y(RoundUpRows(num_rows) * shape.out_features);
  for (auto _ : state) {
    layer.Run(x.data(), num_rows, y.data());
    benchmark::ClobberMemory();
  }
  ReportOperations(2.0 * num_rows * shape.in_features * shape.out_features,
                   PeakOfAllThreads(ArithmeticOf(precision)), state);
}

// The projection onto OPUS-MT's vocabulary, with so many rows.
void BM_WideLinear(benchmark::State& state, PackedType type) {
  const PackedShape shape = {
      .in_features = 512, .out_features = 58101, .type = type};
  static const FloatBuffer numbers =
      RandomFloats(shape.in_features * shape.out_features);
  const auto layer = WideLinear::Create(
      Pack(shape,
           [&](int64_t output, absl::Span<float> row) {
             std::copy_n(numbers.data() + output * shape.in_features,
                         shape.in_features, row.data());
           }),
      {});
  if (!layer.ok()) {
    state.SkipWithError(std::string(layer.status().message()).c_str());
    return;
  }
  const int64_t num_rows = state.range(0);
  const FloatBuffer x = RandomFloats(RoundUpRows(num_rows) * shape.in_features);
  for (auto _ : state) {
    (*layer)->Run(x.data(), num_rows, [](const OutputBlock& block) {
      benchmark::DoNotOptimize(block.y);
    });
  }
  ReportOperations(2.0 * num_rows * shape.in_features * shape.out_features,
                   PeakOfAllThreads(Arithmetic::kF32), state);
}

// A further layer of a shape whose primitives exist.
void BM_LinearCreate(benchmark::State& state) {
  const LinearShape shape = {state.range(0), state.range(1)};
  LayerOf(shape);
  const FloatBuffer weight =
      RandomFloats(shape.in_features * shape.out_features);
  const FloatBuffer bias = RandomFloats(shape.out_features);
  for (auto _ : state) {
    auto layer = Linear::Create(shape, weight.span(), bias.span());
    benchmark::DoNotOptimize(layer);
  }
}

// Arguments: head_dim, length.
void BM_SelfAttentionHead(benchmark::State& state) {
  const int head_dim = static_cast<int>(state.range(0));
  const int length = static_cast<int>(state.range(1));
  const int64_t stride = 3 * 8 * head_dim;  // As in a model of eight heads.
  const FloatBuffer qkv = RandomFloats(length * stride);
  FloatBuffer output(length * head_dim);
  for (auto _ : state) {
    SelfAttentionHead({.head_dim = head_dim,
                       .length = length,
                       .query = {qkv.data(), stride},
                       .key = {qkv.data() + 8 * head_dim, stride},
                       .value = {qkv.data() + 16 * head_dim, stride}},
                      {output.data(), head_dim});
    benchmark::ClobberMemory();
  }
  ReportOperations(4.0 * length * length * head_dim, PeakOfOneThread(), state);
}

// Arguments: head_dim, positions. Eight heads; the slots of one row among
// thirty-two.
void BM_CachedAttention(benchmark::State& state) {
  const AttentionShape shape = {8, static_cast<int>(state.range(0))};
  const int64_t num_positions = state.range(1);
  const FloatBuffer keys = RandomFloats(num_positions * 32 * shape.d_model());
  const FloatBuffer values = RandomFloats(num_positions * 32 * shape.d_model());
  std::vector<std::vector<int32_t>> slots(32);
  for (int64_t i = 0; i < num_positions * 32; ++i) {
    slots[i % 32].push_back(static_cast<int32_t>(i));
  }
  const FloatBuffer query = RandomFloats(shape.d_model());
  FloatBuffer scratch(shape.num_heads * num_positions);
  FloatBuffer output(shape.d_model());
  size_t row = 0;
  for (auto _ : state) {
    CachedAttention(
        shape, query.span(),
        {{keys.data(), shape.d_model()}, {values.data(), shape.d_model()}},
        slots[row++ % slots.size()], scratch.span(), output.span());
    benchmark::ClobberMemory();
  }
  ReportBytes(num_positions * 2 * shape.d_model() * sizeof(float), state);
}

void BM_AddLayerNorm(benchmark::State& state) {
  const FloatBuffer delta = RandomFloats(state.range(0));
  FloatBuffer x = RandomFloats(state.range(0));
  const LayerNormWeights weights = {delta.span(), delta.span(), 1e-5f};
  for (auto _ : state) {
    AddLayerNorm(delta.span(), weights, x.span());
    benchmark::ClobberMemory();
  }
  ReportBytes(2 * state.range(0) * sizeof(float), state);
}

void BM_Activate(benchmark::State& state, Activation activation) {
  const FloatBuffer x = RandomFloats(state.range(0));
  FloatBuffer y(state.range(0));
  for (auto _ : state) {
    std::copy_n(x.data(), x.size(), y.data());
    Activate(activation, y.span());
    benchmark::ClobberMemory();
  }
  ReportBytes(state.range(0) * sizeof(float), state);
}

void BM_LogSumExp(benchmark::State& state) {
  const FloatBuffer x = RandomFloats(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(LogSumExp(x.span()));
  ReportBytes(state.range(0) * sizeof(float), state);
}

// Arguments: elements, how many are wanted.
void BM_TopK(benchmark::State& state) {
  const FloatBuffer x = RandomFloats(state.range(0));
  std::vector<IndexedValue> top(state.range(1));
  for (auto _ : state) {
    benchmark::DoNotOptimize(TopK(x.span(), absl::MakeSpan(top)));
  }
  ReportBytes(state.range(0) * sizeof(float), state);
}

void BM_ConvertF16ToF32(benchmark::State& state) {
  std::vector<uint16_t> x(state.range(0));
  std::iota(x.begin(), x.end(), uint16_t{0});
  FloatBuffer y(state.range(0));
  for (auto _ : state) {
    ConvertF16ToF32(x, y.span());
    benchmark::ClobberMemory();
  }
  ReportBytes(state.range(0) * sizeof(uint16_t), state);
}

benchmark::internal::Benchmark* Repeated(
    benchmark::internal::Benchmark* benchmark) {
  return benchmark->MinTime(0.05)->Repetitions(5)->ReportAggregatesOnly();
}

// For kernels of one thread, by the time that it had a processor.
void MeasureThread(benchmark::internal::Benchmark* benchmark) {
  Repeated(benchmark);
}

void MeasureTeam(benchmark::internal::Benchmark* benchmark) {
  Repeated(benchmark)->UseRealTime();
}

void RegisterLinear() {
  constexpr LinearShape kShapes[] = {
      {512, 512}, {512, 1536}, {512, 2048}, {2048, 512}, {512, 58101}};
  for (const auto& [name, precision] :
       {std::pair("Linear/f32", Precision::kF32),
        {"Linear/bf16", Precision::kBF16},
        {"Linear/int8", Precision::kInt8}}) {
    auto* linear = benchmark::RegisterBenchmark(name, BM_Linear, precision);
    linear->ArgNames({"in", "out", "rows"});
    for (const LinearShape& shape : kShapes) {
      for (const int64_t num_rows : {1, 4, 16, 64, 128}) {
        linear->Args({shape.in_features, shape.out_features, num_rows});
      }
    }
    MeasureTeam(linear);
  }
  for (const auto& [name, type] :
       {std::pair("WideLinear/f32", PackedType::kF32),
        {"WideLinear/int16", PackedType::kInt16}}) {
    MeasureTeam(benchmark::RegisterBenchmark(name, BM_WideLinear, type)
                    ->ArgNames({"rows"})
                    ->Args({1})
                    ->Args({4})
                    ->Args({16})
                    ->Args({64})
                    ->Args({128}));
  }
  MeasureTeam(benchmark::RegisterBenchmark("LinearCreate", BM_LinearCreate)
                  ->Args({512, 2048})
                  ->Unit(benchmark::kMillisecond));
}

void RegisterAttention() {
  MeasureThread(
      benchmark::RegisterBenchmark("SelfAttentionHead", BM_SelfAttentionHead)
          ->ArgNames({"head_dim", "length"})
          ->ArgsProduct({{32, 64}, {8, 16, 32, 64, 128, 512}}));
  MeasureThread(
      benchmark::RegisterBenchmark("CachedAttention", BM_CachedAttention)
          ->ArgNames({"head_dim", "positions"})
          ->ArgsProduct({{32, 64}, {4, 16, 64, 256}}));
}

void RegisterRowKernels() {
  MeasureThread(
      benchmark::RegisterBenchmark("AddLayerNorm", BM_AddLayerNorm)->Arg(512));
  const struct {
    const char* name;
    Activation activation;
  } kActivations[] = {{"Activate/relu", Activation::kRelu},
                      {"Activate/swish", Activation::kSwish},
                      {"Activate/gelu", Activation::kGelu},
                      {"Activate/gelu_tanh", Activation::kGeluTanh}};
  for (const auto& [name, activation] : kActivations) {
    MeasureThread(
        benchmark::RegisterBenchmark(name, BM_Activate, activation)->Arg(2048));
  }
  MeasureThread(
      benchmark::RegisterBenchmark("LogSumExp", BM_LogSumExp)->Arg(58101));
  MeasureThread(benchmark::RegisterBenchmark("TopK", BM_TopK)
                    ->Args({58101, 8})
                    ->Args({58101, 64}));
  MeasureThread(
      benchmark::RegisterBenchmark("ConvertF16ToF32", BM_ConvertF16ToF32)
          ->Arg(1 << 20));
}

int Main(int argc, char** argv) {
#if !defined(__OPTIMIZE__) || !defined(NDEBUG)
  std::fprintf(stderr,
               "kernels_benchmark: built without optimisation or with "
               "assertions, so its figures would mean nothing; use the "
               "release preset\n");
  return 1;
#endif
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  RegisterLinear();
  RegisterAttention();
  RegisterRowKernels();
  const auto gigaflops = [](double peak) {
    return std::to_string(static_cast<int64_t>(peak / 1e9)) + " GFLOP/s";
  };
  benchmark::AddCustomContext("backend", DescribeBackend());
  benchmark::AddCustomContext("threads", std::to_string(omp_get_max_threads()));
  benchmark::AddCustomContext("peak of one thread",
                              gigaflops(PeakOfOneThread()));
  benchmark::AddCustomContext("peak of all threads",
                              gigaflops(PeakOfAllThreads(Arithmetic::kF32)));
  benchmark::AddCustomContext("peak of all threads, bf16",
                              gigaflops(PeakOfAllThreads(Arithmetic::kBF16)));
  benchmark::AddCustomContext("peak of all threads, int8",
                              gigaflops(PeakOfAllThreads(Arithmetic::kInt8)));
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace parley::kernels

int main(int argc, char** argv) { return parley::kernels::Main(argc, argv); }
